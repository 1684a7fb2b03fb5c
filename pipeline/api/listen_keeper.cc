#include "pipeline/api/listen_keeper.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"

namespace sluice {
namespace {

constexpr absl::Duration kFirstRetry = absl::Seconds(1);
constexpr absl::Duration kLongestRetry = absl::Seconds(30);
// How often the certificate is looked at for a renewal.
constexpr absl::Duration kCertificateInterval = absl::Minutes(1);

}  // namespace

ListenKeeper::ListenKeeper(const ComponentContext& context,
                           std::string certificate_file, Open open,
                           Report report)
    : context_(context),
      certificate_file_(std::move(certificate_file)),
      open_(std::move(open)),
      report_(std::move(report)),
      retry_(kFirstRetry),
      timer_(context.executor) {}

void ListenKeeper::TryOpen() {
  // Looked at first: what changes meanwhile is seen next time.
  certificate_ = MarkOf(certificate_file_);
  absl::StatusOr<std::string> place = open_();
  if (place.ok()) {
    place_ = *std::move(place);
    retry_ = kFirstRetry;
    ReportListening();
    return CheckCertificateLater();
  }
  place_.clear();
  // Somebody who has the port may go; a wrong certificate needs a person.
  context_.health->Report({absl::IsAlreadyExists(place.status())
                               ? HealthState::kDegraded
                               : HealthState::kPaused,
                           std::string(place.status().message())});
  timer_.Start(retry_, [this] { TryOpen(); });
  retry_ = std::min(retry_ * 2, kLongestRetry);
}

void ListenKeeper::CheckCertificateLater() {
  if (certificate_file_.empty()) return;
  timer_.Start(kCertificateInterval, [this] { CheckCertificate(); });
}

void ListenKeeper::CheckCertificate() {
  if (MarkOf(certificate_file_) == certificate_) {
    return CheckCertificateLater();
  }
  LOG(INFO) << "source " << context_.name << ": the certificate "
            << certificate_file_ << " has changed; taking it anew";
  TryOpen();
}

void ListenKeeper::ReportListening() {
  if (place_.empty()) return;
  if (report_ != nullptr) return report_(place_);
  context_.health->Report(
      {HealthState::kHealthy, absl::StrCat("listening at ", place_)});
}

}  // namespace sluice
