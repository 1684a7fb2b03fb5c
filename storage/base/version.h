#ifndef STORAGE_BASE_VERSION_H_
#define STORAGE_BASE_VERSION_H_

namespace sluice {

// Of the program, as in CHANGELOG.md.
inline constexpr char kVersion[] = "0.1.0";

}  // namespace sluice

#endif  // STORAGE_BASE_VERSION_H_
