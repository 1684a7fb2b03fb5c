// JSON of any kind: what a view shows must lie inside the text, in order, and
// be JSON itself. What the scanner takes, the view takes, and both find the
// same.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "glog/logging.h"
#include "pipeline/json/json_scanner.h"
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

// What lies behind a text must not matter, whatever it is.
void CheckScanner(std::string_view text, char behind) {
  std::string padded(text);
  padded.append(sluice::JsonScanner::kPadding, behind);
  const std::string_view scanned(padded.data(), text.size());
  sluice::JsonScanner scanner;
  scanner.LookFor("a");
  scanner.LookFor("id");
  if (!scanner.Scan(scanned)) return;
  const auto view = sluice::JsonView::Parse(scanned);
  CHECK(view.ok()) << view.status();
  CHECK(view->is_object());
  for (size_t i = 0; i < 2; ++i) {
    const auto expected = view->Find(i == 0 ? "a" : "id");
    const auto found = scanner.found(i);
    CHECK_EQ(found.has_value(), expected.has_value());
    if (found.has_value()) CHECK_EQ(found->text(), expected->text());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (char behind : {'}', '0', '"', '\0'}) CheckScanner(text, behind);
  const auto view = sluice::JsonView::Parse(text);
  if (view.ok()) Check(*view);
  return 0;
}
