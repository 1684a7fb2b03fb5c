// The command line of `sluice inthing`.
#include <iostream>
#include <memory>
#include <string>

#include "CLI/CLI.hpp"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "pipeline/topology/scalar_values.h"
#include "storage/base/rfc3339.h"
#include "tools/sluice/inthing_command.h"

namespace sluice {
namespace {

using Options = std::shared_ptr<InthingOptions>;
using Run = int (*)(const InthingOptions&, std::ostream&, std::ostream&);

absl::Duration ReadDuration(const char* option, const std::string& text) {
  const absl::StatusOr<absl::Duration> duration = ParseDuration(text);
  if (duration.ok() && *duration >= absl::ZeroDuration()) return *duration;
  throw CLI::ValidationError(
      option, absl::StrCat("\"", text,
                           "\" is not allowed; must be a length of time such "
                           "as 30s, 5m or 1h"));
}

void AddDuration(CLI::App* command, const char* option,
                 absl::Duration* duration, const char* what) {
  command
      ->add_option_function<std::string>(
          option,
          [option, duration](const std::string& text) {
            *duration = ReadDuration(option, text);
          },
          what)
      ->type_name("DURATION");
}

int64_t ReadTime(const std::string& text) {
  int64_t seconds = 0;
  if (absl::SimpleAtoi(text, &seconds)) return seconds;
  if (const auto time = ParseRfc3339Time(text)) {
    return absl::ToUnixSeconds(*time);
  }
  throw CLI::ValidationError(
      "--time", absl::StrCat("\"", text,
                             "\" is not allowed; must be a moment such as "
                             "2024-05-01T12:00:00Z, or seconds since 1970"));
}

// Adds `inthing NAME` with what all of them take.
CLI::App* AddCommand(CLI::App& parent, const char* name, const char* what,
                     InthingOptions* options) {
  CLI::App* command = parent.add_subcommand(name, what);
  command
      ->add_option("--service", options->service,
                   "Address of the service; default: $INTHING_URL, else "
                   "https://www.inthing.io")
      ->type_name("URL");
  AddOutputOption(*command, &options->output);
  return command;
}

void AddNetwork(CLI::App* command, InthingOptions* options) {
  command
      ->add_option("--ca-file", options->ca_file,
                   "Authorities to trust (PEM); default: the system's")
      ->type_name("FILE");
  AddDuration(command, "--timeout", &options->timeout,
              "How long a request may take; default: 60s");
}

void AddStream(CLI::App* command, InthingOptions* options) {
  command
      ->add_option("--id", options->id,
                   "URL, path or UUID of the stream; default: $INTHING_STREAM")
      ->type_name("ID");
}

// What all posts take.
void AddPost(CLI::App* command, InthingOptions* options) {
  AddStream(command, options);
  AddNetwork(command, options);
  command
      ->add_option("--password-file", options->password_file,
                   "File with the stream's password; default: "
                   "$INTHING_STREAM_PASSWORD")
      ->type_name("FILE");
  command
      ->add_option("-g,--generator", options->generator,
                   "Who posts; default: the name of this machine")
      ->type_name("NAME");
  command->add_option("-t,--title", options->title, "Title of the event")
      ->type_name("TEXT");
  command
      ->add_option("-m,--markup", options->markup,
                   "How the description is shown: markdown, text, html, bbcode")
      ->check(CLI::IsMember({"markdown", "text", "html", "bbcode"}))
      ->type_name("MARKUP");
  command
      ->add_option("--priority", options->priority,
                   "-2 (verbose) to 2 (urgent); default: 0")
      ->check(CLI::Range(-2, 2))
      ->type_name("N");
  command
      ->add_option_function<std::string>(
          "--time",
          [options](const std::string& text) {
            options->time_unix_seconds = ReadTime(text);
          },
          "When it happened; default: now")
      ->type_name("TIME");
  AddDuration(command, "--wait", &options->wait,
              "Wait so long for rate limits to end; default: not at all");
  command->add_flag("-b,--browser,--browse", options->browse,
                    "Open the page of the event");
  command->add_flag("-u,--url", options->show_url,
                    "Print the address of the event");
}

void AddDescription(CLI::App* command, InthingOptions* options) {
  command
      ->add_option("-d,--description", options->description,
                   "Description of the event")
      ->type_name("TEXT");
}

void AddLanguage(CLI::App* command, InthingOptions* options) {
  command
      ->add_option("-l,--language", options->language,
                   "python, ruby, c, cpp, javascript, html or xml")
      ->check(CLI::IsMember(
          {"python", "ruby", "c", "cpp", "javascript", "html", "xml"},
          CLI::ignore_case))
      ->type_name("NAME");
}

void SetAction(CLI::App* command, Options options, Run run,
               CommandAction* action) {
  command->callback([options = std::move(options), run, action] {
    *action = [options, run] { return run(*options, std::cout, std::cerr); };
  });
}

void AddTextAndFiles(CLI::App& inthing, CommandAction* action) {
  auto text = std::make_shared<InthingOptions>();
  CLI::App* command = AddCommand(inthing, "text", "Post a text", text.get());
  command->add_option("text", text->text, "The text")
      ->required()
      ->type_name("TEXT");
  AddPost(command, text.get());
  SetAction(command, text, RunInthingText, action);

  auto code = std::make_shared<InthingOptions>();
  command = AddCommand(inthing, "code", "Post a file with code", code.get());
  command->add_option("file", code->file, "The file; -: standard input")
      ->required()
      ->type_name("FILE");
  AddPost(command, code.get());
  AddDescription(command, code.get());
  AddLanguage(command, code.get());
  SetAction(command, code, RunInthingCode, action);

  auto image = std::make_shared<InthingOptions>();
  command = AddCommand(inthing, "image", "Post a picture", image.get());
  command
      ->add_option("file", image->file,
                   "JPEG, PNG, GIF, WebP, BMP or TIFF; -: standard input")
      ->required()
      ->type_name("FILE");
  AddPost(command, image.get());
  AddDescription(command, image.get());
  SetAction(command, image, RunInthingImage, action);
}

void AddCaptures(CLI::App& inthing, CommandAction* action) {
  auto shot = std::make_shared<InthingOptions>();
  CLI::App* command = AddCommand(inthing, "screenshot",
                                 "Post a picture of the screen", shot.get());
  command
      ->add_option("--image", shot->file,
                   "Post this picture in place of a new one")
      ->type_name("FILE");
  command
      ->add_option_function<double>(
          "--delay",
          [options = shot.get()](double seconds) {
            options->delay = absl::Seconds(seconds);
          },
          "Seconds to wait before")
      ->check(CLI::Range(0.0, 86'400.0))
      ->type_name("SECONDS");
  AddPost(command, shot.get());
  AddDescription(command, shot.get());
  SetAction(command, shot, RunInthingScreenshot, action);

  auto capture = std::make_shared<InthingOptions>();
  command = AddCommand(inthing, "capture",
                       "Post what a command prints, or standard input",
                       capture.get());
  command
      ->add_option("command", capture->command,
                   "Command and arguments, behind --; default: standard input "
                   "is captured")
      ->type_name("COMMAND");
  command->add_flag("--stderr", capture->with_stderr,
                    "Capture what the command prints on standard error too");
  AddPost(command, capture.get());
  AddDescription(command, capture.get());
  AddLanguage(command, capture.get());
  command->callback([capture, action] {
    *action = [capture] {
      return RunInthingCapture(*capture, std::cin, std::cout, std::cerr);
    };
  });
}

}  // namespace

void AddInthingCommand(CLI::App& app, CommandAction* action) {
  CLI::App* inthing =
      app.add_subcommand("inthing", "Make streams of inthing.io, post to them");
  inthing->require_subcommand(1);
  inthing->footer(
      "The stream comes from --id or INTHING_STREAM, its password from\n"
      "--password-file or INTHING_STREAM_PASSWORD.\n"
      "\n"
      "Exit codes: 0 done, 1 refused or not reached, 2 wrong arguments.\n"
      "\n"
      "Examples:\n"
      "  sluice inthing new\n"
      "  export INTHING_STREAM=4d9f242c-0805-11e6-8d28-fb90f1f704e0\n"
      "  sluice inthing text 'It *rains*' --title Weather --url\n"
      "  sluice inthing code main.c --language c\n"
      "  sluice inthing capture --stderr -- make test\n"
      "  dmesg | sluice inthing capture --title dmesg --wait 15m\n");

  auto make = std::make_shared<InthingOptions>();
  CLI::App* command = AddCommand(
      *inthing, "new", "Make a stream that nobody owns yet", make.get());
  AddNetwork(command, make.get());
  command->add_flag("-b,--browser,--browse", make->browse, "Open its page");
  SetAction(command, make, RunInthingNew, action);

  AddTextAndFiles(*inthing, action);
  AddCaptures(*inthing, action);

  auto url = std::make_shared<InthingOptions>();
  command = AddCommand(*inthing, "url",
                       "Print the address of the stream's page", url.get());
  AddStream(command, url.get());
  SetAction(command, url, RunInthingUrl, action);

  auto browse = std::make_shared<InthingOptions>();
  command =
      AddCommand(*inthing, "browse", "Open the stream's page", browse.get());
  AddStream(command, browse.get());
  SetAction(command, browse, RunInthingBrowse, action);
}

}  // namespace sluice
