// The transform `template`: sets fields of events from templates.
#ifndef PLUGINS_TEMPLATE_TEMPLATE_TRANSFORM_H_
#define PLUGINS_TEMPLATE_TEMPLATE_TRANSFORM_H_

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pipeline/api/transform.h"
#include "pipeline/template/template.h"
#include "plugins/template/config.pb.h"

namespace sluice::template_transform {

// Emits every event with the configured fields rendered from the event as it
// came. An event that a template cannot be rendered from is an error: it
// becomes a dead letter.
class TemplateTransform final : public Transform {
 public:
  // A ConfigError at the field with the mistake.
  static absl::StatusOr<std::unique_ptr<Transform>> Create(
      const v1::TemplateConfig& config);

  //   kInvalidArgument: the message names the field and what is missing.
  absl::Status Apply(const EventView& event, TransformOutput& output) override;

 private:
  // One field to set, and the text it got from the event at hand.
  struct Field {
    // As in the configuration, e.g. "labels.room".
    std::string name;
    Template value;
    std::string rendered;
  };
  struct Label {
    std::string key;
    Field field;
  };

  TemplateTransform() = default;

  absl::Status Render(Field& field);
  absl::Status RenderLabels(const EventView& event);

  std::optional<Field> type_;
  std::optional<Field> subject_;
  std::optional<Field> data_;
  std::optional<Field> datacontenttype_;
  std::vector<Label> labels_;

  TemplateInput input_;
  // Labels of the event at hand.
  std::vector<LabelView> views_;
};

}  // namespace sluice::template_transform

#endif  // PLUGINS_TEMPLATE_TEMPLATE_TRANSFORM_H_
