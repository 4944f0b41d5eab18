#include "client/announce/identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "common/base/sha256.h"

namespace shoal::announce {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class IdentityTest : public testing::Test {
 protected:
  IdentityTest() {
    std::string pattern = (fs::temp_directory_path() / "identity_test.XXXXXX").string();
    root = mkdtemp(pattern.data());
  }
  ~IdentityTest() override { fs::remove_all(root); }

  std::string Dir() const { return (root / "state").string(); }
  fs::path KeyFile() const { return root / "state" / kKeyFileName; }
  void WriteKeyFile(const std::string& contents) {
    fs::create_directories(root / "state");
    std::ofstream(KeyFile()) << contents;
  }
  std::string ReadKeyFile() const {
    std::ostringstream contents;
    contents << std::ifstream(KeyFile()).rdbuf();
    return contents.str();
  }
  static unsigned Mode(const fs::path& path) {
    struct stat info {};
    stat(path.c_str(), &info);
    return info.st_mode & 0777;
  }

  fs::path root;
};

// The first 16 bytes of SHA-256 over the DER of the public key in `pem`, computed another way.
std::string ExpectedId(const std::string& pem) {
  BIO* in = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(in, nullptr, nullptr, nullptr);
  BIO* out = BIO_new(BIO_s_mem());
  i2d_PUBKEY_bio(out, key);
  char* der = nullptr;
  const long size = BIO_get_mem_data(out, &der);
  const auto digest = Sha256({absl::string_view(der, static_cast<std::size_t>(size))});
  BIO_free(in);
  BIO_free(out);
  EVP_PKEY_free(key);
  return std::string(digest.begin(), digest.begin() + 16);
}

TEST_F(IdentityTest, IsMadeOnFirstStartAndKept) {
  const auto made = LoadOrCreateIdentity(Dir());
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_NE(made->id, PeerId());
  const auto loaded = LoadOrCreateIdentity(Dir());
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->id, made->id);
  EXPECT_EQ(loaded->private_key_pem, made->private_key_pem);
}

TEST_F(IdentityTest, FollowsFromThePublicKey) {
  const auto identity = LoadOrCreateIdentity("");
  ASSERT_TRUE(identity.ok()) << identity.status();
  EXPECT_EQ(std::string(identity->id.bytes()), ExpectedId(identity->private_key_pem));
  EXPECT_THAT(identity->private_key_pem, testing::StartsWith("-----BEGIN PRIVATE KEY-----"));
}

TEST_F(IdentityTest, WithoutADirectoryIsAnotherEachTime) {
  EXPECT_NE(LoadOrCreateIdentity("")->id, LoadOrCreateIdentity("")->id);
}

TEST_F(IdentityTest, OnlyTheOwnerMayReadIt) {
  const mode_t before = umask(0);
  const auto identity = LoadOrCreateIdentity(Dir());
  umask(before);
  ASSERT_TRUE(identity.ok()) << identity.status();
  EXPECT_EQ(Mode(KeyFile()), 0600u);
  EXPECT_EQ(Mode(Dir()), 0700u);
}

TEST_F(IdentityTest, LeavesAnExistingDirectoryAsItIs) {
  fs::create_directories(Dir());
  fs::permissions(Dir(), fs::perms::owner_all | fs::perms::group_read);
  ASSERT_TRUE(LoadOrCreateIdentity(Dir()).ok());
  EXPECT_EQ(Mode(Dir()), 0740u);
}

TEST_F(IdentityTest, CorruptFileIsAnErrorAndStays) {
  for (const char* contents : {"", "not a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n"}) {
    WriteKeyFile(contents);
    const auto identity = LoadOrCreateIdentity(Dir());
    EXPECT_EQ(identity.status().code(), absl::StatusCode::kDataLoss) << contents;
    EXPECT_THAT(std::string(identity.status().message()), HasSubstr(KeyFile().string()));
    EXPECT_EQ(ReadKeyFile(), contents);
  }
}

TEST_F(IdentityTest, KeyOfAnotherKindIsAnError) {
  for (EVP_PKEY* key : {EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), EVP_EC_gen("P-384")}) {
    BIO* out = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
    char* pem = nullptr;
    const long size = BIO_get_mem_data(out, &pem);
    WriteKeyFile(std::string(pem, static_cast<std::size_t>(size)));
    BIO_free(out);
    EVP_PKEY_free(key);
    EXPECT_THAT(std::string(LoadOrCreateIdentity(Dir()).status().message()), HasSubstr("P-256"));
  }
}

TEST_F(IdentityTest, DirectoryThatCannotBeMadeIsAnError) {
  std::ofstream(root / "file") << "in the way";
  const auto identity = LoadOrCreateIdentity((root / "file" / "state").string());
  EXPECT_FALSE(identity.ok());
  EXPECT_THAT(std::string(identity.status().message()), HasSubstr("file/state"));
}

TEST_F(IdentityTest, DanglingLinkIsNotOverwritten) {
  fs::create_directories(Dir());
  fs::create_symlink(root / "elsewhere", KeyFile());
  EXPECT_FALSE(LoadOrCreateIdentity(Dir()).ok());
  EXPECT_TRUE(fs::is_symlink(KeyFile()));
}

}  // namespace
}  // namespace shoal::announce
