// Bodies with `Content-Encoding: gzip`.
#ifndef PIPELINE_HTTP_GZIP_ENCODER_H_
#define PIPELINE_HTTP_GZIP_ENCODER_H_

#include <memory>
#include <string>
#include <string_view>

struct z_stream_s;

namespace sluice {

// Compresses with zlib at its fastest level: whoever sends much does it on a
// thread that others use too. The same bytes always give the same bytes.
//
// Thread-safety: none; its 256 KiB of tables are used again for each body.
class GzipEncoder {
 public:
  GzipEncoder();
  ~GzipEncoder();
  GzipEncoder(GzipEncoder&& other) noexcept;
  GzipEncoder& operator=(GzipEncoder&& other) noexcept;

  // `bytes` as one member of RFC 1952. REQUIRES: less than 4 GiB.
  std::string Encode(std::string_view bytes);

 private:
  struct End {
    void operator()(z_stream_s* stream) const;
  };
  std::unique_ptr<z_stream_s, End> stream_;
};

}  // namespace sluice

#endif  // PIPELINE_HTTP_GZIP_ENCODER_H_
