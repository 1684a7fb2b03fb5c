#include "tests/admin/generic_call.h"

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>

namespace sluice {
namespace {

constexpr std::chrono::minutes kLimit{1};

// Waits for the one operation that is under way. False: it did not succeed.
bool Await(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  return queue.Next(&tag, &ok) && ok;
}

}  // namespace

GenericAnswer CallGeneric(const std::shared_ptr<grpc::Channel>& channel,
                          const std::string& path, const std::string& request,
                          const std::string& token) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kLimit);
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  grpc::GenericStub stub(channel);
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareCall(&context, path, &queue);
  GenericAnswer answer;
  call->StartCall(nullptr);
  if (Await(queue)) {
    const grpc::Slice slice(request);
    call->WriteLast(grpc::ByteBuffer(&slice, 1), grpc::WriteOptions(), nullptr);
    // A call that is refused at once may end before it is written.
    Await(queue);
    grpc::ByteBuffer first;
    call->Read(&first, nullptr);
    answer.answered = Await(queue);
    if (answer.answered) {
      // What has one answer has ended by then, and its status comes anyway.
      grpc::ByteBuffer second;
      call->Read(&second, nullptr);
      if (Await(queue)) context.TryCancel();
    }
  }
  call->Finish(&answer.status, nullptr);
  Await(queue);
  queue.Shutdown();
  while (Await(queue)) {
  }
  return answer;
}

}  // namespace sluice
