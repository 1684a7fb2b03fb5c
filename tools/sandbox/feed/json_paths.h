// Changes of JSON objects by dotted paths, "product.price", that leave all
// other values as they were written.
#ifndef TOOLS_SANDBOX_FEED_JSON_PATHS_H_
#define TOOLS_SANDBOX_FEED_JSON_PATHS_H_

#include <string>
#include <string_view>

#include "pipeline/json/json_view.h"

namespace sluice::sandbox {

// `object` with `value`, which is JSON, at `path`: in place of what is there,
// otherwise at the end. Objects on the way are made; what else stands there
// gives way to them.
std::string SetJsonPath(const JsonView& object, std::string_view path,
                        std::string_view value);

// `object` without what stands at `path`, if anything does.
std::string UnsetJsonPath(const JsonView& object, std::string_view path);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_FEED_JSON_PATHS_H_
