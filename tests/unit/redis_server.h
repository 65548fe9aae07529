/// The server of the distribution's package, on a free port of the loopback interface.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "unit/provider_case.h"

namespace semper::test {

class RedisServer {
 public:
  static bool is_installed() {
    std::string path = std::getenv("PATH") == nullptr ? "" : std::getenv("PATH");
    for (std::size_t begin = 0; begin < path.size();) {
      std::size_t end = std::min(path.find(':', begin), path.size());
      if (std::filesystem::exists(path.substr(begin, end - begin) + "/redis-server")) return true;
      begin = end + 1;
    }
    return false;
  }

  RedisServer() : port_(free_port()) { start(); }
  ~RedisServer() { stop(); }
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  void start() {
    std::string port = std::to_string(port_);
    process_ = fork();
    REQUIRE(process_ >= 0);
    if (process_ == 0) {
      execlp("redis-server", "redis-server", "--port", port.c_str(), "--bind", "127.0.0.1",
             "--save", "", "--appendonly", "no", "--dir", directory_.path().c_str(), "--logfile",
             "/dev/null", static_cast<char*>(nullptr));
      _exit(127);
    }
    while (command("PING") != "+PONG\r\n") REQUIRE(waitpid(process_, nullptr, WNOHANG) == 0);
  }
  void stop() {
    if (process_ <= 0) return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    process_ = 0;
  }
  /// It keeps its connections and answers nothing until `resume`.
  void suspend() const { kill(process_, SIGSTOP); }
  void resume() const { kill(process_, SIGCONT); }

  /// Words are quoted as redis-cli has it.
  std::string command(std::string_view line) const {
    int client = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in server = loopback(port_);
    std::string answer;
    if (::connect(client, reinterpret_cast<sockaddr*>(&server), sizeof server) == 0) {
      std::string text = std::string(line) + "\r\n";
      ::send(client, text.data(), text.size(), MSG_NOSIGNAL);
      char buffer[4096];
      ssize_t size = ::recv(client, buffer, sizeof buffer, 0);
      if (size > 0) answer.assign(buffer, static_cast<std::size_t>(size));
    } else {
      usleep(2000);
    }
    ::close(client);
    return answer;
  }

 private:
  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }
  static std::uint16_t free_port() {
    int probe = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    REQUIRE(::bind(probe, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(::getsockname(probe, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    ::close(probe);
    return ntohs(address.sin_port);
  }

  TempDir directory_;
  std::uint16_t port_;
  pid_t process_ = 0;
};

}  // namespace semper::test
