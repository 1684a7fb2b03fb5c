// One `sluice disruptive` command at work.
#ifndef TOOLS_SLUICE_DISRUPTIVE_SESSION_H_
#define TOOLS_SLUICE_DISRUPTIVE_SESSION_H_

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <utility>

#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "plugins/disruptive/disruptive_client.h"
#include "plugins/disruptive/settings.h"
#include "tools/sluice/command.h"
#include "tools/sluice/disruptive_access.h"
#include "tools/sluice/disruptive_output.h"
#include "tools/sluice/http_session.h"
#include "tools/sluice/output.h"

namespace sluice {

// Sends calls and prints what comes.
//
// Thread-safety: one thread.
class DisruptiveSession {
 public:
  // Everything given outlives the session.
  DisruptiveSession(disruptive::Settings settings, std::string project,
                    OutputFormat output, std::ostream* out, std::ostream* err);
  ~DisruptiveSession();

  // Of the options or the configuration; empty when neither has it.
  const std::string& project() const { return project_; }
  OutputFormat output() const { return output_; }
  std::ostream& out() { return *out_; }
  std::ostream& err() { return *err_; }

  template <typename Answer>
  absl::StatusOr<Answer> Send(
      absl::StatusOr<disruptive::ApiCall<Answer>> call) {
    return http_.Await<absl::StatusOr<Answer>>([&](auto done) {
      return client_->Send(std::move(call), std::move(done));
    });
  }

  // Sends and prints the answer.
  template <typename Answer>
  absl::Status Show(absl::StatusOr<disruptive::ApiCall<Answer>> call) {
    const absl::StatusOr<Answer> answer = Send(std::move(call));
    if (answer.ok()) ShowItem(*answer);
    return answer.status();
  }
  template <typename Message>
  void ShowItem(const Message& message) {
    const std::string json = JsonLine(message);
    *out_ << (output_ == OutputFormat::kJson ? json + "\n" : Details(json));
  }

  // Sends, and says `done` for people.
  template <typename Answer>
  absl::Status Do(absl::StatusOr<disruptive::ApiCall<Answer>> call,
                  std::string_view done) {
    const absl::StatusOr<Answer> answer = Send(std::move(call));
    if (answer.ok()) Say(done);
    return answer.status();
  }
  void Say(std::string_view text);

  // Prints a list, at most `limit` items of it; 0: all.
  template <typename Item>
  absl::Status ShowList(absl::StatusOr<disruptive::ApiList<Item>> list,
                        uint64_t limit = 0) {
    ItemPrinter printer(output_, out_);
    uint64_t count = 0;
    return http_.Await<absl::Status>([&](auto done) {
      return client_->List(
          std::move(list),
          [&](Item item) {
            printer.Print(item);
            return ++count != limit && out_->good();
          },
          std::move(done));
    });
  }

 private:
  const disruptive::Settings settings_;
  const std::string project_;
  const OutputFormat output_;
  std::ostream* out_;
  std::ostream* err_;
  HttpSession http_;
  absl::BitGen random_;
  std::optional<absl::BitGenRef> random_ref_;
  std::unique_ptr<disruptive::DisruptiveClient> client_;
};

// What all commands have.
struct DisruptiveOptions {
  DisruptiveAccess access;
  OutputFormat output = OutputFormat::kText;
};

// Surroundings of the commands; outlives the parse and the command.
struct DisruptiveCommands {
  const PluginRegistry* registry;
  CommandAction* action;

  // Adds a command to `parent` with the options that all have.
  CLI::App* Add(CLI::App& parent, const std::string& name,
                const std::string& what, DisruptiveOptions* options) const;

  // `body` is run when `command` is named. Its errors go to standard error and
  // become the exit code: kExitUsage for arguments that cannot be, else
  // kExitFailure.
  void OnRun(CLI::App* command, std::shared_ptr<DisruptiveOptions> options,
             std::function<absl::Status(DisruptiveSession&)> body) const;
};

// Prints `status` and gives its exit code.
int FinishDisruptive(const absl::Status& status, std::ostream& out,
                     std::ostream& err);

}  // namespace sluice

#endif  // TOOLS_SLUICE_DISRUPTIVE_SESSION_H_
