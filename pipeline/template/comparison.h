// How two values of a condition compare.
#ifndef PIPELINE_TEMPLATE_COMPARISON_H_
#define PIPELINE_TEMPLATE_COMPARISON_H_

#include <compare>
#include <string_view>

#include "pipeline/template/value.h"

namespace sluice::template_internal {

// The order of `left` and `right`, by the rules in condition.h. Unordered: one
// of them is absent, or an object or array, or they cannot be compared.
std::partial_ordering Compare(const Value& left, const Value& right);

// True when `text` has the form of `pattern`: "*" stands for any characters,
// "?" for one, "\" before a character for that character itself. Takes time in
// proportion to the product of their lengths at worst.
bool GlobMatches(std::string_view pattern, std::string_view text);

}  // namespace sluice::template_internal

#endif  // PIPELINE_TEMPLATE_COMPARISON_H_
