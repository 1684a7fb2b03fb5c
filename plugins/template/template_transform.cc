#include "plugins/template/template_transform.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "pipeline/api/plugin_registry.h"
#include "storage/base/status_macros.h"

namespace sluice::template_transform {

absl::StatusOr<std::unique_ptr<Transform>> TemplateTransform::Create(
    const v1::TemplateConfig& config) {
  const auto parse = [](const std::string& name,
                        const std::string& text) -> absl::StatusOr<Field> {
    absl::StatusOr<Template> parsed = Template::Parse(text);
    if (!parsed.ok()) {
      return ConfigError(name, std::string(parsed.status().message()));
    }
    return Field{name, *std::move(parsed), ""};
  };

  std::unique_ptr<TemplateTransform> transform(new TemplateTransform());
  if (!config.type().empty()) {
    SLUICE_ASSIGN_OR_RETURN(transform->type_, parse("type", config.type()));
  }
  if (!config.subject().empty()) {
    SLUICE_ASSIGN_OR_RETURN(transform->subject_,
                            parse("subject", config.subject()));
  }
  if (!config.data().empty()) {
    SLUICE_ASSIGN_OR_RETURN(transform->data_, parse("data", config.data()));
    SLUICE_ASSIGN_OR_RETURN(transform->datacontenttype_,
                            parse("datacontenttype", "application/json"));
  }
  if (!config.datacontenttype().empty()) {
    SLUICE_ASSIGN_OR_RETURN(transform->datacontenttype_,
                            parse("datacontenttype", config.datacontenttype()));
  }
  // A map has no order of its own; the events get one.
  for (const auto& [key, text] : std::map<std::string, std::string>(
           config.labels().begin(), config.labels().end())) {
    SLUICE_ASSIGN_OR_RETURN(Field field,
                            parse(absl::StrCat("labels.", key), text));
    transform->labels_.push_back({key, std::move(field)});
  }
  if (!transform->type_ && !transform->subject_ && !transform->data_ &&
      !transform->datacontenttype_ && transform->labels_.empty()) {
    return ConfigError("type",
                       "a template is needed in type, subject, labels, data "
                       "or datacontenttype");
  }
  return std::unique_ptr<Transform>(std::move(transform));
}

absl::Status TemplateTransform::Render(Field& field) {
  field.rendered.clear();
  absl::Status status = field.value.Render(input_, &field.rendered);
  if (status.ok()) return status;
  return absl::InvalidArgumentError(
      absl::StrCat(field.name, ": ", status.message()));
}

absl::Status TemplateTransform::RenderLabels(const EventView& event) {
  views_.clear();
  event.ForEachLabel([this](LabelView label) { views_.push_back(label); });
  for (Label& label : labels_) {
    SLUICE_RETURN_IF_ERROR(Render(label.field));
    auto at = std::find_if(views_.begin(), views_.end(), [&](LabelView view) {
      return view.key == label.key;
    });
    if (at == views_.end()) at = views_.insert(views_.end(), LabelView());
    *at = {label.key, label.field.rendered};
  }
  return absl::OkStatus();
}

absl::Status TemplateTransform::Apply(const EventView& event,
                                      TransformOutput& output) {
  input_.Reset(event);
  EventFields fields;
  fields.id = event.id();
  fields.source = event.source();
  fields.time_unix_nanos = event.time_unix_nanos();
  fields.ingest_time_unix_nanos = event.ingest_time_unix_nanos();

  const auto set = [this](std::optional<Field>& field, std::string_view as_is,
                          std::string_view* value) {
    *value = as_is;
    if (!field.has_value()) return absl::OkStatus();
    absl::Status status = Render(*field);
    *value = field->rendered;
    return status;
  };
  SLUICE_RETURN_IF_ERROR(set(type_, event.type(), &fields.type));
  SLUICE_RETURN_IF_ERROR(set(subject_, event.subject(), &fields.subject));
  SLUICE_RETURN_IF_ERROR(set(data_, event.data(), &fields.data));
  SLUICE_RETURN_IF_ERROR(
      set(datacontenttype_, event.datacontenttype(), &fields.datacontenttype));
  SLUICE_RETURN_IF_ERROR(RenderLabels(event));
  fields.labels = views_;
  output.Emit(fields);
  return absl::OkStatus();
}

}  // namespace sluice::template_transform
