#ifndef TOOLS_SLUICE_VERSION_H_
#define TOOLS_SLUICE_VERSION_H_

namespace sluice {

// Of the program, as in CHANGELOG.md.
inline constexpr char kVersion[] = "0.1.0";

}  // namespace sluice

#endif  // TOOLS_SLUICE_VERSION_H_
