// What every call of the admin API says to a request that is wrong in one
// field: the code that tells the caller what to do, and what is wrong.
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "google/protobuf/dynamic_message.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "tests/admin/admin_calls.h"
#include "tests/admin/admin_process.h"
#include "tests/admin/generic_call.h"

namespace sluice {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DynamicMessageFactory;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using google::protobuf::TextFormat;
using grpc::StatusCode;
using ::testing::HasSubstr;

// One wrong value.
struct Mistake {
  std::string field;  // In the text format, in place of what the field had.
  StatusCode code;
  std::string says;
};

const std::map<std::string, std::vector<Mistake>>& MistakesByField() {
  static const std::string& long_text = *new std::string(5000, 'x');
  static const auto& mistakes =
      *new std::map<std::string, std::vector<Mistake>>{
          {"pipeline",
           {{"pipeline: 'ofice'", StatusCode::NOT_FOUND,
             "did you mean \"office\"?"},
            {"pipeline: ''", StatusCode::NOT_FOUND, "office"}}},
          {"DeletePipelineRequest.pipeline",
           {{"pipeline: 'office'", StatusCode::FAILED_PRECONDITION,
             "\"office\" is configured"},
            {"pipeline: '../config'", StatusCode::NOT_FOUND,
             "nothing is kept of a pipeline"}}},
          {"pipelines",
           {{"pipelines: 'ofice'", StatusCode::NOT_FOUND,
             "did you mean \"office\"?"}}},
          {"sink",
           {{"sink: 'archve'", StatusCode::NOT_FOUND,
             "did you mean \"archive\"?"}}},
          {"sinks", {{"sinks: 'archve'", StatusCode::NOT_FOUND, "archive"}}},
          {"id", {{"id: 4711", StatusCode::NOT_FOUND, "4711"}}},
          {"generation",
           {{"generation: 4711", StatusCode::NOT_FOUND, "generation 4711"}}},
          {"expected_generation",
           {{"expected_generation: 4711", StatusCode::ABORTED,
             "generation 1 runs, not 4711"}}},
          {"page_size",
           {{"page_size: -1", StatusCode::INVALID_ARGUMENT, "page_size"}}},
          {"page_token",
           {{"page_token: '?'", StatusCode::INVALID_ARGUMENT, "page_token"}}},
          {"read_mask",
           {{"read_mask {paths: 'nothing'}", StatusCode::INVALID_ARGUMENT,
             "\"nothing\""}}},
          {"grace",
           {{"grace {seconds: -1}", StatusCode::INVALID_ARGUMENT, "grace: "},
            {"grace {seconds: 301}", StatusCode::INVALID_ARGUMENT, "grace: "}}},
          {"interval",
           {{"interval {nanos: 1}", StatusCode::INVALID_ARGUMENT, "interval: "},
            {"interval {seconds: 3601}", StatusCode::INVALID_ARGUMENT,
             "interval: "}}},
          {"since",
           {{"since {seconds: 9000000000000}", StatusCode::INVALID_ARGUMENT,
             "since"}}},
          {"until",
           {{"until {nanos: -1}", StatusCode::INVALID_ARGUMENT, "until"}}},
          {"level",
           {{"level: LOG_LEVEL_UNSPECIFIED", StatusCode::INVALID_ARGUMENT,
             "level: "},
            {"level: 99", StatusCode::INVALID_ARGUMENT, "level: "}}},
          {"text",
           {{"text: 'pipelines: ['", StatusCode::INVALID_ARGUMENT, "config:1"},
            {"text: ''", StatusCode::INVALID_ARGUMENT, "config"}}},
          {"comment",
           {{absl::StrCat("comment: '", long_text, "'"),
             StatusCode::INVALID_ARGUMENT, "comment: "}}},
          {"file",
           {{absl::StrCat("file: '", long_text, "'"),
             StatusCode::INVALID_ARGUMENT, "file: "}}},
          {"all", {{"all: false", StatusCode::INVALID_ARGUMENT, "filter: "}}},
          {"LogPlace.sequence",
           {{"sequence: 999999", StatusCode::INVALID_ARGUMENT,
             "the log ends before event"}}},
          {"LogPlace.time",
           {{"time {seconds: 9000000000000}", StatusCode::INVALID_ARGUMENT,
             "the time must be"}}},
          {"LogPlace.oldest",
           {{"oldest: false", StatusCode::INVALID_ARGUMENT,
             "give a sequence, a time, oldest or end"}}},
          {"LogPlace.end",
           {{"end: false", StatusCode::INVALID_ARGUMENT,
             "give a sequence, a time, oldest or end"}}},
          {"events_per_second",
           {{"events_per_second: -1", StatusCode::INVALID_ARGUMENT,
             "events_per_second: "},
            {"events_per_second: nan", StatusCode::INVALID_ARGUMENT,
             "events_per_second: "}}},
          {"ExplainEventRequest.id",
           {{"id: ''", StatusCode::INVALID_ARGUMENT, "id: must be given"}}},
      };
  return mistakes;
}

// Fields that no value is wrong for, by name or by message and name.
const std::set<std::string>& AnyValueIsRight() {
  static const auto& fields = *new std::set<std::string>{
      "dry_run",
      "discard",
      "validate_only",
      "with_content",
      "without_data",
      "limit",
      "every",
      // What no event has selects none.
      "EventSelection.ids",
      "EventSelection.sources",
      "EventSelection.types",
      "EventSelection.subjects",
      "EventSelection.labels",
      "ExplainEventRequest.source",
      // What no letter has finds none.
      "DeadLetterFilter.ids",
      "DeadLetterFilter.components",
      "DeadLetterFilter.reasons",
      "DeadLetterFilter.event_id",
      // Of a letter that is there; dead_letter_service_test has such.
      "EditDeadLetterRequest.set",
      "EditDeadLetterRequest.unset",
      "EditDeadLetterRequest.data",
      // A page begins at the first name that is not before it.
      "ListPipelinesRequest.page_token",
  };
  return fields;
}

class BadRequestsTest : public testing::Test {
 protected:
  // The request of the table, with `field` in place of the one it names, which
  // is in the message at `path` (field names; none: the request itself).
  std::string Request(const MethodDescriptor& method, const AdminCall& call,
                      const std::vector<std::string>& path,
                      const std::string& name, const std::string& field) {
    const std::unique_ptr<Message> request(
        factory_.GetPrototype(method.input_type())->New());
    const std::string text = absl::StrReplaceAll(
        call.request, {{"$CONFIG", absl::CEscape(process_.config())}});
    EXPECT_TRUE(TextFormat::ParseFromString(text, request.get())) << text;
    Message* place = request.get();
    for (const std::string& step : path) {
      place = place->GetReflection()->MutableMessage(
          place, place->GetDescriptor()->FindFieldByName(step));
    }
    place->GetReflection()->ClearField(
        place, place->GetDescriptor()->FindFieldByName(name));
    EXPECT_TRUE(TextFormat::MergeFromString(field, place)) << field;
    // A filter contradicts `all`.
    if (!path.empty() && path.front() == "filter") {
      const FieldDescriptor* all = method.input_type()->FindFieldByName("all");
      if (all != nullptr)
        request->GetReflection()->ClearField(request.get(), all);
    }
    return request->SerializeAsString();
  }

  // Calls `visit` with each field of `message` that a mistake can be made in,
  // and the path of the message it is in.
  void ForEachField(const Descriptor& message, std::vector<std::string> path,
                    const std::function<void(const std::vector<std::string>&,
                                             const FieldDescriptor&)>& visit) {
    for (int i = 0; i < message.field_count(); ++i) {
      const FieldDescriptor& field = *message.field(i);
      const bool ours =
          field.type() == FieldDescriptor::TYPE_MESSAGE &&
          field.message_type()->file()->package() == "sluice.admin.v1" &&
          !field.is_repeated();
      if (!ours) {
        visit(path, field);
        continue;
      }
      path.push_back(field.name());
      ForEachField(*field.message_type(), path, visit);
      path.pop_back();
    }
  }

  GenericAnswer Ask(const MethodDescriptor& method,
                    const std::string& request) {
    return CallGeneric(process_.channel(), PathOf(NameOf(method)), request,
                       AdminProcess::Token(config::v1::ADMIN));
  }

  AdminProcess process_;
  DynamicMessageFactory factory_;
};

TEST_F(BadRequestsTest, EachWrongFieldIsNamed) {
  int asked = 0;
  for (const MethodDescriptor* method : AdminMethods()) {
    const AdminCall* call = FindAdminCall(NameOf(*method));
    if (call == nullptr) continue;  // roles_test fails.
    ForEachField(
        *method->input_type(), {},
        [&](const std::vector<std::string>& path,
            const FieldDescriptor& field) {
          const std::string full =
              absl::StrCat(field.containing_type()->name(), ".", field.name());
          if (AnyValueIsRight().count(field.name()) > 0 ||
              AnyValueIsRight().count(full) > 0) {
            return;
          }
          auto mistakes = MistakesByField().find(full);
          if (mistakes == MistakesByField().end()) {
            mistakes = MistakesByField().find(field.name());
          }
          if (mistakes == MistakesByField().end()) {
            ADD_FAILURE() << full << " of " << call->name
                          << " is new: say in tests/admin/bad_requests_test.cc "
                             "what a wrong value gives";
            return;
          }
          for (const Mistake& mistake : mistakes->second) {
            SCOPED_TRACE(absl::StrCat(call->name, " {",
                                      mistake.field.substr(0, 60), "}"));
            const GenericAnswer answer =
                Ask(*method,
                    Request(*method, *call, path, field.name(), mistake.field));
            EXPECT_EQ(answer.status.error_code(), mistake.code)
                << answer.status.error_message();
            EXPECT_THAT(answer.status.error_message(), HasSubstr(mistake.says));
            ++asked;
          }
        });
  }
  EXPECT_GE(asked, 40);
}

TEST_F(BadRequestsTest, BytesThatAreNoRequestAreRefused) {
  for (const MethodDescriptor* method : AdminMethods()) {
    // A field that says it has more bytes than there are.
    const GenericAnswer answer = Ask(*method, std::string("\x0a\xff\x01x", 4));
    EXPECT_FALSE(answer.status.ok()) << NameOf(*method);
    EXPECT_FALSE(answer.answered) << NameOf(*method);
    EXPECT_NE(answer.status.error_code(), StatusCode::UNAVAILABLE)
        << NameOf(*method);
  }
}

TEST_F(BadRequestsTest, AMethodThatIsNotThereIsUnimplemented) {
  const GenericAnswer answer =
      CallGeneric(process_.channel(), PathOf("ProcessService/Explode"), "",
                  AdminProcess::Token(config::v1::ADMIN));
  EXPECT_EQ(answer.status.error_code(), StatusCode::UNIMPLEMENTED);
}

}  // namespace
}  // namespace sluice
