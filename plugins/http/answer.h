// What an answer of the service means for the events of its request.
#ifndef PLUGINS_HTTP_ANSWER_H_
#define PLUGINS_HTTP_ANSWER_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "pipeline/api/sink.h"
#include "pipeline/http/http_client.h"
#include "plugins/http/status_meanings.h"

namespace sluice::http {

// The answers that the sink reads to their end. Of a longer one the status
// counts, and its connection is given up.
inline constexpr size_t kMaxAnswerBytes = 256 << 10;

// How answers are read. Thread-safety: immutable, so any number of threads may
// use it.
class AnswerReader {
 public:
  // `credentials_field` is blamed when the credentials are refused. `secrets`
  // are blanked out where an answer repeats them.
  AnswerReader(StatusMeanings statuses, std::string credentials_field,
               std::vector<std::string> secrets);

  // What HttpDeliveryResult() says of the answer, but for statuses of which the
  // configuration says something else. One outcome, for all events of the
  // request. Its message has the status and the beginning of what the service
  // says, fit for a terminal. `now` is the executor's.
  DeliveryResult Read(const HttpResponse& response, const HttpFailure& failure,
                      absl::Time now) const;

 private:
  // The result for an answer whose status has this meaning.
  DeliveryResult Configured(v1::StatusMeaning meaning,
                            const HttpResponse& response, absl::Time now) const;
  // The field to look at for an answer that refuses the sink.
  const char* FieldFor(int status) const;
  // What the service says beside the status; may be empty.
  std::string Explanation(const HttpResponse& response) const;
  // `text` without the secrets that are in it.
  std::string Blanked(std::string text) const;

  StatusMeanings statuses_;
  std::string credentials_field_;
  // Longer ones first: a secret may be part of another.
  std::vector<std::string> secrets_;
};

}  // namespace sluice::http

#endif  // PLUGINS_HTTP_ANSWER_H_
