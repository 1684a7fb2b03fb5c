// What others make of our gzip.
#ifndef TESTS_TESTING_GUNZIP_H_
#define TESTS_TESTING_GUNZIP_H_

#include <optional>
#include <string>
#include <string_view>

namespace sluice {

// The bytes that `gzip` was made of. Nullopt: it is not exactly one whole
// member of RFC 1952, or its checksum is wrong.
std::optional<std::string> Gunzip(std::string_view gzip);

}  // namespace sluice

#endif  // TESTS_TESTING_GUNZIP_H_
