#include "plugins/feed/client/feed_client.h"

#include "plugins/feed/client/arguments.h"
#include "plugins/feed/client/token.h"
#include "storage/base/status_macros.h"

namespace sluice::feed {

absl::StatusOr<std::unique_ptr<FeedClient>> FeedClient::Create(
    FeedClientOptions options) {
  SLUICE_ASSIGN_OR_RETURN(FeedConnection connection,
                          FeedConnection::Create(std::move(options)));
  return std::unique_ptr<FeedClient>(new FeedClient(std::move(connection)));
}

absl::StatusOr<std::string> FeedClient::UserToken(
    std::string_view user_id, std::string_view more_claims) const {
  return SignUserToken(options().api_secret, user_id, more_claims);
}

absl::StatusOr<std::string> FeedClient::ReadOnlyToken(
    std::string_view feed) const {
  SLUICE_ASSIGN_OR_RETURN(const FeedName name, ParseFeed("feed", feed));
  return SignReadOnlyToken(options().api_secret, name);
}

absl::StatusOr<std::string> FeedClient::ReadWriteToken(
    std::string_view feed) const {
  SLUICE_ASSIGN_OR_RETURN(const FeedName name, ParseFeed("feed", feed));
  return SignReadWriteToken(options().api_secret, name);
}

}  // namespace sluice::feed
