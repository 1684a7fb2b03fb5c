// A request body for Boost.Beast's parser.
#ifndef PIPELINE_HTTP_APPEND_BODY_H_
#define PIPELINE_HTTP_APPEND_BODY_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "boost/asio/buffer.hpp"
#include "boost/beast/core/buffers_range.hpp"
#include "boost/beast/http/message.hpp"
#include "boost/optional/optional.hpp"

namespace sluice {

// Collects a body in a string, as Beast's string_body does, but without filling
// it with zeros first, and without giving a client all the memory that it
// merely announces.
struct AppendBody {
  using value_type = std::string;

  class reader {
   public:
    template <bool is_request, typename Fields>
    reader(boost::beast::http::header<is_request, Fields>&, value_type& body)
        : body_(body) {}

    void init(const boost::optional<uint64_t>& length,
              boost::system::error_code& error) {
      constexpr uint64_t kMostReserved = 1 << 20;
      if (length) body_.reserve(std::min(*length, kMostReserved));
      error = {};
    }

    template <typename Buffers>
    size_t put(const Buffers& buffers, boost::system::error_code& error) {
      size_t bytes = 0;
      for (const boost::asio::const_buffer piece :
           boost::beast::buffers_range_ref(buffers)) {
        body_.append(static_cast<const char*>(piece.data()), piece.size());
        bytes += piece.size();
      }
      error = {};
      return bytes;
    }

    void finish(boost::system::error_code& error) { error = {}; }

   private:
    value_type& body_;
  };
};

}  // namespace sluice

#endif  // PIPELINE_HTTP_APPEND_BODY_H_
