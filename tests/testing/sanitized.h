// Whether a sanitizer was compiled in.
#ifndef TESTS_TESTING_SANITIZED_H_
#define TESTS_TESTING_SANITIZED_H_

namespace sluice {

// Sanitized code takes ten times as long: tests of many seeds run fewer of
// them.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace sluice

#endif  // TESTS_TESTING_SANITIZED_H_
