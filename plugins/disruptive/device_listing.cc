#include "plugins/disruptive/device_listing.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "plugins/disruptive/text.h"

namespace sluice::disruptive {
namespace {

// The largest page the service gives.
constexpr char kPageSize[] = "100";

std::vector<std::string> Paths(const Settings& settings) {
  std::string path = absl::StrCat("/projects/", settings.project, "/devices");
  for (const std::string& id : settings.device_ids) {
    AppendQuery(&path, "device_ids", id);
  }
  for (const std::string& type : settings.device_types) {
    AppendQuery(&path, "device_types", type);
  }
  AppendQuery(&path, "page_size", kPageSize);
  if (settings.label_filters.empty()) return {path};
  std::vector<std::string> paths;
  for (const auto& [label, value] : settings.label_filters) {
    paths.push_back(path);
    // Here an empty value stands for any.
    AppendQuery(&paths.back(), "label_filters",
                absl::StrCat(label, "=", value.value_or("")));
  }
  return paths;
}

}  // namespace

DeviceListing::DeviceListing(const Settings* settings, ApiClient* api,
                             Executor* executor, OnPage on_page, OnDone on_done)
    : api_(api),
      executor_(executor),
      on_page_(std::move(on_page)),
      on_done_(std::move(on_done)),
      paths_(Paths(*settings)) {
  Ask();
}

void DeviceListing::Ask() {
  query_ = std::make_unique<PagedQuery>(
      api_, executor_, paths_[next_],
      [this](const std::string& body) -> absl::StatusOr<std::string> {
        absl::StatusOr<DevicePage> page = decoder_.DecodeDevicePage(body);
        if (!page.ok()) return page.status();
        on_page_(std::move(page->devices));
        return std::move(page->next_page_token);
      },
      [this](absl::Status status) {
        if (!status.ok() || ++next_ == paths_.size()) {
          return std::exchange(on_done_, nullptr)(std::move(status));
        }
        Ask();
      });
}

}  // namespace sluice::disruptive
