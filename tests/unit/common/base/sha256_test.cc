#include "common/base/sha256.h"

#include <string>

#include "common/base/ids.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

std::string Hex(const Sha256Digest& digest) {
  return ToHex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

// The examples that NIST publishes for FIPS 180-4.
TEST(Sha256, AgreesWithTheStandardsExamples) {
  EXPECT_EQ(Hex(Sha256({""})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(Sha256({"abc"})),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hex(Sha256({"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"})),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST(Sha256, HashesItsPartsAsOneString) {
  EXPECT_EQ(Sha256({"a", "", "bc"}), Sha256({"abc"}));
  EXPECT_EQ(Sha256({}), Sha256({""}));
}

TEST(Sha256, HashesZeroBytesToo) {
  EXPECT_NE(Sha256({absl::string_view("a\0b", 3)}), Sha256({"a"}));
}

}  // namespace
}  // namespace shoal
