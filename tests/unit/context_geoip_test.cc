#include "unit/mmdb_writer.h"
#include "unit/provider_case.h"

using namespace semper;
using namespace semper::test;

namespace {

std::string cities(std::string_view name) {
  MmdbWriter writer;
  writer.add(0x51024500, 24, MmdbWriter::city("GB", "United Kingdom", name));
  writer.add(0xCB007100, 24, MmdbWriter::map({{"country", MmdbWriter::map({})}}));
  return writer.file();
}

TEST_CASE("country, city and ASN of an address, from one or two databases") {
  TempDir directory;
  directory.write("city.mmdb", cities("Lond\"on"));
  MmdbWriter asn;
  asn.add(0x51020000, 16, MmdbWriter::asn(64500, "Example Net"));
  directory.write("asn.mmdb", asn.file());
  FakeClock clock;
  ProviderOptions options;
  options.clock = clock.function();
  options.directory = directory.path();
  auto city = *open_provider("geo", "geoip:city.mmdb", options);
  CHECK(city->key_kind() == KeyKind::kIpAddress);
  CHECK(ask(*city, "81.2.69.160").text ==
        R"({"countryCode":"GB","country":"United Kingdom","city":"Lond\"on"})");
  CHECK(ask(*city, "203.0.113.9").text == "{}");
  CHECK(ask(*city, "81.2.70.1").state == State::kAbsent);
  CHECK(ask(*city, "AWS Internal").state == State::kAbsent);
  CHECK(ask(*city, {"81.2.69.160\0x", 13}).state == State::kAbsent);
  CHECK(ask(*city, "2001:db8::1").state == State::kAbsent);
  auto both = *open_provider("geo", "geoip:city.mmdb?asn=asn.mmdb", options);
  CHECK(ask(*both, "81.2.69.160").text.ends_with(R"("asn":64500,"asOrganization":"Example Net"})"));
  CHECK(ask(*both, "81.2.70.1").text == R"({"asn":64500,"asOrganization":"Example Net"})");
}

TEST_CASE("a database that is replaced is opened anew; a broken one leaves the old in place") {
  TempDir directory;
  directory.write("city.mmdb", cities("London"));
  FakeClock clock;
  ProviderOptions options;
  options.clock = clock.function();
  options.directory = directory.path();
  auto geo = *open_provider("geo", "geoip:city.mmdb?ttl=1s&negativeTtl=1s", options);
  CHECK(ask(*geo, "81.2.69.1").state == State::kFresh);
  directory.write("city.mmdb", cities("Leeds"));
  clock.advance(seconds(5));
  CHECK(ask(*geo, "81.2.69.1").text.find("Leeds") != std::string::npos);
  directory.write("city.mmdb", "no database");
  clock.advance(seconds(5));
  ask(*geo, "81.2.69.1");
  clock.advance(seconds(60));
  Told told = ask(*geo, "81.2.69.1");
  CHECK(told.state == State::kStale);
  CHECK(told.age == 60);
  CHECK(ask(*geo, "1.1.1.1").state == State::kFailed);
  directory.write("city.mmdb", cities("London"));
  clock.advance(seconds(5));
  CHECK(ask(*geo, "81.2.69.1").text.find("London") != std::string::npos);
  CHECK(ask(*geo, "1.1.1.1").state == State::kAbsent);
}

TEST_CASE("a database that is cut off or overwritten in place takes nobody down") {
  TempDir directory;
  MmdbWriter writer;
  for (std::uint32_t i = 0; i < 4000; ++i) {
    writer.add(0x0A000000 + (i << 8), 24, MmdbWriter::asn(i, "Net " + std::to_string(i)));
  }
  std::string path = directory.write("asn.mmdb", writer.file());
  FakeClock clock;
  ProviderOptions options;
  options.clock = clock.function();
  options.cache_bytes = 0;
  auto geo = *open_provider("geo", "geoip:" + path, options);
  auto asks = [&](State wanted) {
    int others = 0;
    for (int i = 0; i < 4000; i += 7) {
      std::string address = "10." + std::to_string(i >> 8) + "." + std::to_string(i & 255) + ".1";
      if (ask(*geo, address).state != wanted) ++others;
    }
    CHECK(others == 0);
  };
  asks(State::kFresh);
  std::filesystem::resize_file(path, 10);
  asks(State::kFresh);  // within the interval of reload
  clock.advance(seconds(5));
  asks(State::kStale);
  std::ofstream(path, std::ios::binary) << std::string(100'000, 'x');
  clock.advance(seconds(5));
  asks(State::kStale);
  std::ofstream(path, std::ios::binary) << writer.file();
  clock.advance(seconds(5));
  asks(State::kFresh);
}

TEST_CASE("what is no database is refused") {
  TempDir directory;
  directory.write("x.mmdb", "no database");
  ProviderOptions options;
  options.directory = directory.path();
  auto opened = open_provider("geo", "geoip:x.mmdb", options);
  CHECK(opened.status().code() == StatusCode::kInvalidArgument);
  CHECK(opened.status().message().find("x.mmdb: ") != std::string::npos);
  CHECK(open_provider("geo", "geoip:none.mmdb", options).status().code() == StatusCode::kIo);
}

}  // namespace
