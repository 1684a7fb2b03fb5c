// What the emulated inthing.io asks of a post.
#ifndef TOOLS_SANDBOX_INTHING_INTHING_RULES_H_
#define TOOLS_SANDBOX_INTHING_INTHING_RULES_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tools/sandbox/inthing/inthing_form.h"
#include "tools/sandbox/inthing/inthing_store.h"

namespace sluice::sandbox {

enum class InthingMode {
  // Names the field of a mistake that the site took or broke at, and finds
  // streams under names that the site did not. The default.
  kLenient,
  // As the site, as far as its source tells: takes any type, markup, priority
  // and length; an exception's page for what broke it.
  kStrict,
  // As kLenient, but takes what the site took.
  kPermissive,
};

// "lenient", "strict", "permissive".
std::string_view InthingModeName(InthingMode mode);
std::optional<InthingMode> ParseInthingMode(std::string_view name);

using FieldMessages = std::vector<std::pair<std::string, std::string>>;

// Messages about all fields but `stream` and `password`, in the words of the
// site's forms (TL/logic/forms.xml); of others, in ours.
FieldMessages CheckFields(const InthingForm& form, InthingMode mode);

// The event that the form tells of. An error is what the site answered with
// status "error": its message.
absl::StatusOr<InthingEvent> ReadEvent(const InthingForm& form, absl::Time now);

// The part of a stream's address that comes from its title: ASCII letters,
// digits and "_" in lower case, a hyphen for spaces and hyphens between them
// (moya/html.py).
std::string SlugOf(std::string_view title);

// Code points of UTF-8.
size_t CodePoints(std::string_view text);

// True for what a stream may be claimed as: letters, digits, '-' and '_', up to
// 30, and no name that paths of the site begin with.
bool IsUserName(std::string_view name);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_INTHING_INTHING_RULES_H_
