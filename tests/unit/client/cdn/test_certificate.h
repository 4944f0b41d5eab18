// A certificate for 127.0.0.1 that no system trusts, made for one test run.
#ifndef SHOAL_TESTS_UNIT_CLIENT_CDN_TEST_CERTIFICATE_H_
#define SHOAL_TESTS_UNIT_CLIENT_CDN_TEST_CERTIFICATE_H_

#include <string>

namespace shoal::cdn {

struct TestCertificate {
  std::string certificate_pem;
  std::string key_pem;
};

TestCertificate MakeTestCertificate();

}  // namespace shoal::cdn

#endif  // SHOAL_TESTS_UNIT_CLIENT_CDN_TEST_CERTIFICATE_H_
