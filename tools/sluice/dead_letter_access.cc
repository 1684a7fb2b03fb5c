#include "tools/sluice/dead_letter_access.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "pipeline/service/dead_letter_message.h"
#include "proto/admin/v1/dead_letters.grpc.pb.h"
#include "proto/admin/v1/process.grpc.pb.h"
#include "storage/base/clock.h"
#include "storage/base/status_macros.h"
#include "tools/sluice/estimate.h"
#include "tools/sluice/offline_log.h"

namespace sluice {
namespace {

namespace v1 = admin::v1;

// Most letters of a page of the admin API.
constexpr size_t kMaxPage = 1000;

class OfflineDeadLetters final : public DeadLetterAccess {
 public:
  explicit OfflineDeadLetters(OfflineLog log)
      : log_(std::move(log)), box_(log_.log.get(), Clock::Real()) {}

  absl::StatusOr<DeadLetterListing> List(const DeadLetterFilter& filter,
                                         uint64_t from_id,
                                         size_t limit) override {
    DeadLetterListing listing;
    SLUICE_ASSIGN_OR_RETURN(listing.page, box_.List(filter, from_id, limit));
    listing.total = log_.log->stats().dead_letters;
    listing.total_bytes = log_.log->stats().dead_letter_bytes;
    return listing;
  }
  absl::StatusOr<storage::v1::DeadLetter> Get(uint64_t id) override {
    return box_.Get(id);
  }
  absl::Status ForEach(
      const DeadLetterFilter& filter,
      absl::FunctionRef<absl::Status(const storage::v1::DeadLetter&)> visit)
      override {
    return box_.ForEach(filter, visit);
  }
  absl::StatusOr<RedriveReport> Redrive(const DeadLetterFilter& filter,
                                        const std::vector<std::string>& sinks,
                                        bool dry_run) override {
    return box_.Redrive(filter, sinks, dry_run);
  }
  absl::StatusOr<storage::v1::DeadLetter> Edit(
      uint64_t id, const DeadLetterEdit& edit) override {
    return box_.Edit(id, edit);
  }
  absl::StatusOr<uint64_t> Purge(const DeadLetterFilter& filter,
                                 bool dry_run) override {
    return box_.Purge(filter, dry_run);
  }

 private:
  const OfflineLog log_;
  DeadLetterBox box_;
};

// Writes over the line before.
constexpr char kNewLine[] = "\r\x1b[K";

class RemoteDeadLetters final : public DeadLetterAccess {
 public:
  RemoteDeadLetters(const AdminClient* client, std::string pipeline,
                    std::ostream* terminal)
      : client_(client),
        pipeline_(std::move(pipeline)),
        terminal_(terminal),
        stub_(v1::DeadLetterService::NewStub(client->channel())) {}

  absl::StatusOr<DeadLetterListing> List(const DeadLetterFilter& filter,
                                         uint64_t from_id,
                                         size_t limit) override {
    DeadLetterListing listing;
    v1::ListDeadLettersRequest request;
    request.set_pipeline(pipeline_);
    *request.mutable_filter() = ToMessage(filter);
    request.set_with_content(true);
    request.set_page_token(absl::StrCat(from_id));
    // A page may be shorter than asked for.
    while (listing.page.letters.size() < limit) {
      const size_t left = limit - listing.page.letters.size();
      request.set_page_size(static_cast<int32_t>(std::min(left, kMaxPage)));
      v1::ListDeadLettersResponse response;
      SLUICE_RETURN_IF_ERROR(client_->ToStatus(stub_->ListDeadLetters(
          client_->NewContext().get(), request, &response)));
      for (const v1::DeadLetter& letter : response.dead_letters()) {
        listing.page.letters.push_back(FromMessage(letter));
      }
      listing.total = response.total();
      listing.total_bytes = response.total_bytes();
      listing.page.next_id.reset();
      if (response.next_page_token().empty()) return listing;
      uint64_t next = 0;
      if (!absl::SimpleAtoi(response.next_page_token(), &next)) {
        return absl::InternalError(
            "the process gave a page_token that is none");
      }
      listing.page.next_id = next;
      request.set_page_token(response.next_page_token());
    }
    return listing;
  }

  absl::StatusOr<storage::v1::DeadLetter> Get(uint64_t id) override {
    v1::GetDeadLetterRequest request;
    request.set_pipeline(pipeline_);
    request.set_id(id);
    v1::DeadLetter letter;
    SLUICE_RETURN_IF_ERROR(client_->ToStatus(
        stub_->GetDeadLetter(client_->NewContext().get(), request, &letter)));
    return FromMessage(letter);
  }

  absl::Status ForEach(
      const DeadLetterFilter& filter,
      absl::FunctionRef<absl::Status(const storage::v1::DeadLetter&)> visit)
      override {
    v1::ExportDeadLettersRequest request;
    request.set_pipeline(pipeline_);
    *request.mutable_filter() = ToMessage(filter);
    const auto context = client_->NewContext(absl::InfiniteDuration());
    const auto reader = stub_->ExportDeadLetters(context.get(), request);
    v1::DeadLetter letter;
    absl::Status visited;
    while (visited.ok() && reader->Read(&letter)) {
      visited = visit(FromMessage(letter));
    }
    if (!visited.ok()) context->TryCancel();
    const grpc::Status ended = reader->Finish();
    return visited.ok() ? client_->ToStatus(ended) : visited;
  }

  absl::StatusOr<RedriveReport> Redrive(const DeadLetterFilter& filter,
                                        const std::vector<std::string>& sinks,
                                        bool dry_run) override {
    v1::RedriveDeadLettersRequest request;
    request.set_pipeline(pipeline_);
    *request.mutable_filter() = ToMessage(filter);
    request.set_all(filter.empty());
    request.mutable_sinks()->Assign(sinks.begin(), sinks.end());
    request.set_dry_run(dry_run);
    const auto context = client_->NewContext(absl::InfiniteDuration());
    const auto reader = stub_->RedriveDeadLetters(context.get(), request);
    v1::RedriveDeadLettersResponse last;
    ReadAll("redriving", *reader, last);
    SLUICE_RETURN_IF_ERROR(client_->ToStatus(reader->Finish()));
    RedriveReport report;
    report.redriven = last.redriven();
    report.by_sink.insert(last.by_sink().begin(), last.by_sink().end());
    report.refused = last.refused();
    for (const auto& refusal : last.refusals()) {
      report.refusals.emplace_back(refusal.id(), refusal.message());
    }
    return report;
  }

  absl::StatusOr<storage::v1::DeadLetter> Edit(
      uint64_t id, const DeadLetterEdit& edit) override {
    v1::EditDeadLetterRequest request;
    request.set_pipeline(pipeline_);
    request.set_id(id);
    for (const auto& [name, value] : edit.set) {
      (*request.mutable_set())[name] = value;
    }
    request.mutable_unset()->Assign(edit.unset.begin(), edit.unset.end());
    if (edit.data.has_value()) request.set_data(*edit.data);
    v1::DeadLetter letter;
    SLUICE_RETURN_IF_ERROR(client_->ToStatus(
        stub_->EditDeadLetter(client_->NewContext().get(), request, &letter)));
    return FromMessage(letter);
  }

  absl::StatusOr<uint64_t> Purge(const DeadLetterFilter& filter,
                                 bool dry_run) override {
    v1::PurgeDeadLettersRequest request;
    request.set_pipeline(pipeline_);
    *request.mutable_filter() = ToMessage(filter);
    request.set_all(filter.empty());
    request.set_dry_run(dry_run);
    const auto context = client_->NewContext(absl::InfiniteDuration());
    const auto reader = stub_->PurgeDeadLetters(context.get(), request);
    v1::PurgeDeadLettersResponse last;
    ReadAll("purging", *reader, last);
    SLUICE_RETURN_IF_ERROR(client_->ToStatus(reader->Finish()));
    return last.purged();
  }

 private:
  // Reads answers until the last, and tells how far it is.
  template <typename Response>
  void ReadAll(const char* what, grpc::ClientReader<Response>& reader,
               Response& last) const {
    const Estimate estimate(absl::Now());
    while (reader.Read(&last)) {
      if (terminal_ == nullptr) continue;
      *terminal_ << kNewLine << what << " " << pipeline_ << ": " << last.seen()
                 << " of " << last.total()
                 << estimate.Left(last.seen(), last.total(), absl::Now())
                 << std::flush;
    }
    if (terminal_ != nullptr) *terminal_ << kNewLine << std::flush;
  }

  const AdminClient* const client_;
  const std::string pipeline_;
  std::ostream* const terminal_;
  const std::unique_ptr<v1::DeadLetterService::Stub> stub_;
};

}  // namespace

absl::StatusOr<std::vector<std::string>> RunningPipelines(
    const AdminClient& client) {
  v1::ProcessInfo info;
  SLUICE_RETURN_IF_ERROR(
      client.ToStatus(v1::ProcessService::NewStub(client.channel())
                          ->GetInfo(client.NewContext().get(), {}, &info)));
  return std::vector<std::string>(info.pipelines().begin(),
                                  info.pipelines().end());
}

absl::StatusOr<std::unique_ptr<DeadLetterAccess>> OpenDeadLetters(
    const std::string& data_dir, const std::string& pipeline) {
  SLUICE_ASSIGN_OR_RETURN(OfflineLog log, OpenOfflineLog(data_dir, pipeline));
  return std::make_unique<OfflineDeadLetters>(std::move(log));
}

std::unique_ptr<DeadLetterAccess> ReachDeadLetters(const AdminClient* client,
                                                   const std::string& pipeline,
                                                   std::ostream* terminal) {
  return std::make_unique<RemoteDeadLetters>(client, pipeline, terminal);
}

}  // namespace sluice
