#include "tracker/store/member_encoding.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "absl/strings/escaping.h"
#include "tests/unit/tracker/store/store_contract.h"

namespace shoal::store {
namespace {

std::string Hex(const std::string& bytes) { return absl::BytesToHexString(bytes); }

// These bytes are on people's disks: who changes them raises the format's version.
TEST(MemberEncodingTest, IsTheFormatThatItsHeaderDescribes) {
  StoredMember member = Stored('s', 'p');
  EXPECT_EQ(Hex(EncodeMemberKey(member.swarm, member.member.id)),
            "6d"
            "73737373737373737373737373737373"
            "70707070707070707070707070707070");
  EXPECT_EQ(Hex(EncodeMemberValue(member)),
            "02"
            "0c"
            "000a"
            "581b"
            "0068e5cf8b010000"
            "0a00ff03");
  member.member.endpoint.address = std::string(15, '\0') + '\1';
  member.member.can_be_dialled = false;
  EXPECT_EQ(Hex(EncodeMemberValue(member)),
            "01"
            "0c"
            "000a"
            "581b"
            "0068e5cf8b010000"
            "00000000000000000000000000000001");
  EXPECT_EQ(Hex(EncodeLongestWait(Seconds(17))), "6842000000000000");
}

TEST(MemberEncodingTest, DecodesWhatItEncodes) {
  const StoredMember member = Stored('s', 'p');
  EXPECT_EQ(
      DecodeMember(EncodeMemberKey(member.swarm, member.member.id), EncodeMemberValue(member)),
      member);
  EXPECT_EQ(DecodeLongestWait(EncodeLongestWait(Milliseconds(12'345))), Milliseconds(12'345));
}

TEST(MemberEncodingTest, RefusesWhatIsTooShortOrTooLong) {
  const StoredMember member = Stored('s', 'p');
  const std::string key = EncodeMemberKey(member.swarm, member.member.id);
  const std::string value = EncodeMemberValue(member);
  for (std::size_t size = 0; size < key.size(); ++size) {
    EXPECT_EQ(DecodeMember(key.substr(0, size), value), std::nullopt) << size;
  }
  for (std::size_t size = 0; size < value.size(); ++size) {
    EXPECT_EQ(DecodeMember(key, value.substr(0, size)), std::nullopt) << size;
  }
  EXPECT_EQ(DecodeMember(key + "x", value), std::nullopt);
  EXPECT_EQ(DecodeMember(key, value + "x"), std::nullopt);
  EXPECT_EQ(DecodeMember("x" + key.substr(1), value), std::nullopt);
  EXPECT_EQ(DecodeLongestWait("1234567"), std::nullopt);
}

// Sums with such times would overflow.
TEST(MemberEncodingTest, RefusesAndNeverWritesTimesBeyondReason) {
  StoredMember member = Stored('s', 'p');
  const std::string key = EncodeMemberKey(member.swarm, member.member.id);
  std::string value = EncodeMemberValue(member);
  value[13] = '\x7f';
  EXPECT_EQ(DecodeMember(key, value), std::nullopt);
  EXPECT_EQ(DecodeLongestWait(std::string(8, '\x7f')), std::nullopt);
  member.joined_unix_ms = std::numeric_limits<std::int64_t>::max();
  EXPECT_NE(DecodeMember(key, EncodeMemberValue(member)), std::nullopt);
  member.joined_unix_ms = -1;
  EXPECT_EQ(DecodeMember(key, EncodeMemberValue(member))->joined_unix_ms, 0);
}

TEST(MemberEncodingTest, UploadClassesThatDoNotExistAreUnknownOnes) {
  const StoredMember member = Stored('s', 'p');
  std::string value = EncodeMemberValue(member);
  value[1] = '\x77';
  EXPECT_EQ(
      DecodeMember(EncodeMemberKey(member.swarm, member.member.id), value)->member.upload_class,
      kUploadUnknown);
}

}  // namespace
}  // namespace shoal::store
