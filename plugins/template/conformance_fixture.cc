#include <string>
#include <vector>

#include "tests/kit/transform_fixture.h"

namespace sluice::template_transform {
namespace {

class TemplateFixture final : public kit::TransformFixture {
 public:
  std::string Config() override {
    return "template:\n"
           "  type: \"{{ type }}.room\"\n"
           "  subject: \"{{ labels.room }}\"\n"
           "  labels: {device: \"{{ subject }}\"}\n"
           "  data: '{\"value\": {{ data.temperature.value }}}'\n";
  }
  std::vector<kit::BadConfig> BadConfigs() override {
    return {{"template: {}", "type"},
            {"template: {subject: \"{{ labels. }}\"}", "subject"},
            {"template: {data: \"{{ nothing }}\"}", "data"}};
  }
  kit::Events Bad() override {
    kit::Events events = kit::MakeEvents(500, 2, 1);
    events[0].clear_labels();
    events[1].set_data("{}");
    return events;
  }
};

}  // namespace
}  // namespace sluice::template_transform

SLUICE_TRANSFORM_FIXTURE(sluice::template_transform::TemplateFixture);
