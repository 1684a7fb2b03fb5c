// JSON of any kind: what a view shows must lie inside the text, in order, and
// be JSON itself.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "glog/logging.h"
#include "pipeline/json/json_view.h"

namespace {

void Check(const sluice::JsonView& view) {
  const std::string_view whole = view.text();
  CHECK(sluice::JsonView::Parse(whole).ok());
  const char* at = whole.data();
  const auto inside = [&](const sluice::JsonView& part) {
    CHECK(part.text().data() > at);
    at = part.text().data() + part.text().size();
    CHECK(at < whole.data() + whole.size());
    Check(part);
  };
  for (const auto& [name, value] : view.members()) {
    inside(value);
    const auto found = view.FindElements(name);
    const sluice::JsonView last = *view.Find(name);
    CHECK_EQ(found.has_value(), last.is_array());
    if (found.has_value()) CHECK_EQ(found->size(), last.elements().size());
  }
  for (const sluice::JsonView& value : view.elements()) inside(value);
  view.AsString();
  view.AsInteger();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto view = sluice::JsonView::Parse(
      std::string_view(reinterpret_cast<const char*>(data), size));
  if (view.ok()) Check(*view);
  return 0;
}
