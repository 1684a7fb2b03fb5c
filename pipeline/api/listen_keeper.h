// What keeps a source listening.
#ifndef PIPELINE_API_LISTEN_KEEPER_H_
#define PIPELINE_API_LISTEN_KEEPER_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/api/component.h"
#include "pipeline/executor/scoped_timer.h"
#include "pipeline/net/file_mark.h"

namespace sluice {

// Opens a server, again and again until that works; says in the health of the
// source where it listens, or why it does not; and opens it anew when its
// certificate was renewed.
//
// Lives on the source's executor.
class ListenKeeper {
 public:
  // Opens the server, or takes the certificate of an open one anew. Gives where
  // it listens, for people: "https port 8443 of 0.0.0.0, /hooks".
  //   kAlreadyExists: somebody else has the place, and may go.  Others: a
  //   person has to do something.
  using Open = std::function<absl::StatusOr<std::string>()>;
  // Reports that it listens, at `place`. Null: as healthy.
  using Report = std::function<void(const std::string& place)>;

  // `certificate_file` may be empty.
  ListenKeeper(const ComponentContext& context, std::string certificate_file,
               Open open, Report report = nullptr);

  void Start() { TryOpen(); }
  // Tries and looks no more.
  void Stop() { timer_.Cancel(); }

  // Reports once more, if it listens.
  void ReportListening();

 private:
  void TryOpen();
  void CheckCertificate();
  void CheckCertificateLater();

  const ComponentContext context_;
  const std::string certificate_file_;
  const Open open_;
  const Report report_;
  // Empty: it does not listen.
  std::string place_;
  FileMark certificate_;
  absl::Duration retry_;
  ScopedTimer timer_;
};

}  // namespace sluice

#endif  // PIPELINE_API_LISTEN_KEEPER_H_
