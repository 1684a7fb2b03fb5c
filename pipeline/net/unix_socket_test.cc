#include "pipeline/net/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

// A listening socket at `path`; closes it when it goes, and leaves the file.
class Listener {
 public:
  explicit Listener(const std::string& path)
      : socket_(socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(
        bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)),
        0);
    EXPECT_EQ(listen(socket_, 1), 0);
  }
  ~Listener() { close(socket_); }

 private:
  const int socket_;
};

class UnixSocketTest : public testing::Test {
 protected:
  // Short, whatever the folder of tests is called.
  UnixSocketTest() {
    char folder[] = "/tmp/unix_socket_test.XXXXXX";
    folder_ = mkdtemp(folder);
    path_ = folder_ + "/admin.sock";
  }
  ~UnixSocketTest() override { fs::remove_all(folder_); }

  std::string folder_;
  std::string path_;
};

TEST(ParseSocketModeTest, TakesWhatLetsTheOwnerIn) {
  EXPECT_EQ(ParseSocketMode("0660").value(), 0660u);
  EXPECT_EQ(ParseSocketMode("777").value(), 0777u);
  for (const char* text : {"", "0440", "1777", "0x600", "rw", "0680"}) {
    EXPECT_EQ(ParseSocketMode(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST_F(UnixSocketTest, AppearsWithItsPermissionsAndGoesAgain) {
  {
    const auto made = UnixSocket::Prepare(path_, 0660).value();
    const fs::path private_folder = fs::path(made->bind_path()).parent_path();
    EXPECT_EQ(fs::status(private_folder).permissions(), fs::perms::owner_all);
    Listener listener(made->bind_path());
    EXPECT_FALSE(fs::exists(path_));
    ASSERT_TRUE(made->Publish().ok());
    EXPECT_EQ(fs::status(path_).type(), fs::file_type::socket);
    struct stat info;
    ASSERT_EQ(stat(path_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0660u);
    EXPECT_FALSE(fs::exists(private_folder));
  }
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(UnixSocketTest, TakesThePlaceOfWhatACrashLeft) {
  { Listener crashed(path_); }
  ASSERT_TRUE(fs::exists(path_));
  const auto made = UnixSocket::Prepare(path_, 0600).value();
  Listener listener(made->bind_path());
  EXPECT_TRUE(made->Publish().ok());
}

TEST_F(UnixSocketTest, LeavesOthersAlone) {
  {
    Listener other(path_);
    EXPECT_EQ(UnixSocket::Prepare(path_, 0600).status().code(),
              absl::StatusCode::kAlreadyExists);
  }
  fs::remove(path_);
  std::ofstream(path_) << "a file";
  EXPECT_EQ(UnixSocket::Prepare(path_, 0600).status().code(),
            absl::StatusCode::kAlreadyExists);
  EXPECT_TRUE(fs::exists(path_));
}

TEST_F(UnixSocketTest, LeavesNothingWhenItIsNotPublished) {
  { const auto made = UnixSocket::Prepare(path_, 0600).value(); }
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(UnixSocketTest, SaysWhatIsWrongWithItsPlace) {
  EXPECT_EQ(UnixSocket::Prepare(folder_ + "/none/s", 0600).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(
      UnixSocket::Prepare(folder_ + "/" + std::string(90, 'x') + "/s", 0600)
          .status()
          .code(),
      absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sluice
