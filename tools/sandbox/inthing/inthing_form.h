// HTML forms as clients of inthing.io post them.
#ifndef TOOLS_SANDBOX_INTHING_INTHING_FORM_H_
#define TOOLS_SANDBOX_INTHING_INTHING_FORM_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "pipeline/http/http_server.h"

namespace sluice::sandbox {

// The fields of a form post.
class InthingForm {
 public:
  struct File {
    std::string name;
    std::string media_type;  // as it was said; may be anything
    std::string bytes;
  };

  // Reads application/x-www-form-urlencoded and multipart/form-data (RFC 7578);
  // values of the query stand in for fields that are missing. Of a repeated
  // field the first counts. What is no form has no fields. At most 1,000 parts
  // are read.
  static InthingForm Parse(const HttpServerRequest& request);

  // Nullopt: neither in the body nor in the query.
  std::optional<std::string> Find(std::string_view name) const;
  // Empty when absent.
  std::string Get(std::string_view name) const {
    return Find(name).value_or("");
  }
  // The file in field `image`, or null.
  const File* image() const { return image_.has_value() ? &*image_ : nullptr; }

 private:
  void ParseMultipart(std::string_view body, const std::string& boundary);
  void AddPart(std::string_view part);

  std::map<std::string, std::string, std::less<>> fields_;
  std::optional<File> image_;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_INTHING_INTHING_FORM_H_
