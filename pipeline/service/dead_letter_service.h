// sluice.admin.v1.DeadLetterService.
#ifndef PIPELINE_SERVICE_DEAD_LETTER_SERVICE_H_
#define PIPELINE_SERVICE_DEAD_LETTER_SERVICE_H_

#include <string_view>

#include "pipeline/runtime/process.h"
#include "pipeline/service/call.h"
#include "pipeline/service/call_limit.h"
#include "pipeline/service/stepwise_call.h"
#include "proto/admin/v1/dead_letters.grpc.pb.h"

namespace sluice {

// Errors of each call: proto/admin/v1/dead_letters.proto.
class DeadLetterService final
    : public admin::v1::DeadLetterService::CallbackService {
 public:
  // Both outlive the service.
  DeadLetterService(Process* process, const AccessPolicy* access)
      : process_(process), access_(access), calls_(access) {}

  grpc::ServerUnaryReactor* ListDeadLetters(
      grpc::CallbackServerContext* context,
      const admin::v1::ListDeadLettersRequest* request,
      admin::v1::ListDeadLettersResponse* response) override;
  grpc::ServerUnaryReactor* GetDeadLetter(
      grpc::CallbackServerContext* context,
      const admin::v1::GetDeadLetterRequest* request,
      admin::v1::DeadLetter* letter) override;
  grpc::ServerWriteReactor<admin::v1::DeadLetter>* ExportDeadLetters(
      grpc::CallbackServerContext* context,
      const admin::v1::ExportDeadLettersRequest* request) override;
  grpc::ServerWriteReactor<admin::v1::RedriveDeadLettersResponse>*
  RedriveDeadLetters(
      grpc::CallbackServerContext* context,
      const admin::v1::RedriveDeadLettersRequest* request) override;
  grpc::ServerUnaryReactor* EditDeadLetter(
      grpc::CallbackServerContext* context,
      const admin::v1::EditDeadLetterRequest* request,
      admin::v1::DeadLetter* letter) override;
  grpc::ServerWriteReactor<admin::v1::PurgeDeadLettersResponse>*
  PurgeDeadLetters(grpc::CallbackServerContext* context,
                   const admin::v1::PurgeDeadLettersRequest* request) override;

 private:
  // Runs `work` with the log, and then `done` with what came of it.
  void WithLog(const std::string& pipeline, UnaryCalls::Done done,
               absl::AnyInvocable<absl::Status(EventLog&)> work);

  Process* const process_;
  const AccessPolicy* const access_;
  const UnaryCalls calls_;
  // Those that go through letters hold some of them until the caller has taken
  // them.
  CallLimit walks_{16, "go through dead letters"};
};

}  // namespace sluice

#endif  // PIPELINE_SERVICE_DEAD_LETTER_SERVICE_H_
