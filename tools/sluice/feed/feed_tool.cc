#include "tools/sluice/feed/feed_tool.h"

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "pipeline/json/json_object_text.h"
#include "pipeline/json/json_view.h"
#include "plugins/feed/client/arguments.h"
#include "plugins/feed/client/feed_error.h"
#include "storage/base/status_macros.h"
#include "tools/sluice/exit_codes.h"
#include "tools/sluice/input.h"

namespace sluice {
namespace {

// As much as an answer may have.
constexpr size_t kMaxInputBytes = size_t{16} << 20;

}  // namespace

int FeedTool::Fail(const absl::Status& status) {
  std::string message = Printable(std::string(status.message()));
  const std::string field = ConfigErrorField(status);
  if (!field.empty()) message = absl::StrCat(field, ": ", message);
  streams_.err << "sluice: " << message << "\n";
  const bool is_argument =
      absl::IsInvalidArgument(status) && !feed::FeedErrorOf(status).has_value();
  return is_argument ? kExitUsage : kExitFailure;
}

int FeedTool::Print(const std::string& text) {
  streams_.out << text;
  streams_.out.flush();
  if (streams_.out.good()) return kExitOk;
  return Fail(absl::UnavailableError("the output could not be written"));
}

int FeedTool::Show(
    std::string_view name,
    const std::function<absl::StatusOr<std::string>(feed::FeedClient&)>& make) {
  const absl::StatusOr<std::unique_ptr<feed::FeedClient>> client = MakeClient();
  if (!client.ok()) return Fail(client.status());
  const absl::StatusOr<std::string> made = make(**client);
  if (!made.ok()) return Fail(made.status());
  if (output == OutputFormat::kText) return Print(*made + "\n");
  return Print(JsonObjectText().AddString(name, *made).text() + "\n");
}

absl::StatusOr<std::string> FeedTool::ReadJson(std::string_view argument,
                                               const std::string& text) {
  absl::StatusOr<std::string> json =
      ReadInput(text == "-" ? "@-" : text, kMaxInputBytes, streams_.in);
  if (!json.ok()) {
    return feed::ArgumentError(argument, std::string(json.status().message()));
  }
  // Without line breaks and the like around it.
  SLUICE_ASSIGN_OR_RETURN(const JsonView view,
                          feed::ParseJson(argument, *json));
  return std::string(view.text());
}

absl::StatusOr<std::vector<std::string>> FeedTool::ReadArray(
    std::string_view argument, const std::string& text) {
  SLUICE_ASSIGN_OR_RETURN(const std::string json, ReadJson(argument, text));
  SLUICE_ASSIGN_OR_RETURN(const JsonView array,
                          feed::ParseArray(argument, json));
  std::vector<std::string> elements;
  for (const JsonView& element : array.elements()) {
    elements.emplace_back(element.text());
  }
  return elements;
}

absl::StatusOr<std::unique_ptr<feed::FeedClient>> FeedTool::MakeClient() {
  SLUICE_ASSIGN_OR_RETURN(feed::FeedClientOptions options,
                          ReadFeedCredentials(credentials, registry_));
  return feed::FeedClient::Create(std::move(options));
}

CLI::App* FeedCommand::Add(CLI::App& parent, const std::string& name,
                           const std::string& what,
                           const std::vector<std::string>& examples,
                           std::function<int(FeedTool&)> run) const {
  CLI::App* command = parent.add_subcommand(name, what);
  std::string footer =
      "Address and credentials: sluice feed --help\n\nExamples:";
  for (const std::string& example : examples) {
    absl::StrAppend(&footer, "\n  sluice feed ", example);
  }
  command->footer(footer);
  command->callback([tool = tool, action = action, run = std::move(run)] {
    *action = [tool, run] { return run(*tool); };
  });
  return command;
}

void AddNeeded(CLI::App* command, const std::string& name, std::string* value,
               const std::string& what) {
  command->add_option(name, *value, what)->required()->type_name("");
}

void AddNeeded(CLI::App* command, const std::string& name,
               std::vector<std::string>* values, const std::string& what) {
  command->add_option(name, *values, what)->required()->type_name("");
}

void AddWords(CLI::App* command, const std::string& name,
              std::vector<std::string>* values, const std::string& what) {
  command->add_option(name, *values, what)->type_name("");
}

void AddText(CLI::App* command, const std::string& name, std::string* value,
             const std::string& what, const std::string& type) {
  command->add_option(name, *value, what)->type_name(type);
}

void AddTexts(CLI::App* command, const std::string& name,
              std::vector<std::string>* values, const std::string& what,
              const std::string& type) {
  command->add_option(name, *values, what)
      ->allow_extra_args(false)
      ->delimiter(',')
      ->type_name(type);
}

void AddFlag(CLI::App* command, const std::string& name, bool* flag,
             const std::string& what) {
  command->add_flag(name, *flag, what);
}

void AddNumber(CLI::App* command, const std::string& name,
               std::optional<int64_t>* number, const std::string& what) {
  command->add_option(name, *number, what)->type_name("N");
}

CLI::App* AddGroup(CLI::App& parent, const std::string& name,
                   const std::string& what, const std::string& footer) {
  CLI::App* group = parent.add_subcommand(name, what);
  group->require_subcommand(1);
  if (!footer.empty()) group->footer(footer);
  return group;
}

}  // namespace sluice
