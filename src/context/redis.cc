#include <fcntl.h>
#include <fmt/format.h>
#include <hiredis/hiredis.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>

#include "base/limits.h"
#include "base/text.h"
#include "context/builtin.h"
#include "context/lookup.h"
#include "context/pool.h"
#include "json/writer.h"

namespace semper::context {
namespace {

using Deadline = LookupCall::Deadline;

struct Server {
  sockaddr_storage address{};
  socklen_t size = 0;
  std::string user;
  std::string password;
  int database = 0;
};

struct ReplyDeleter {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, ReplyDeleter>;

void append_command(std::string& out, std::initializer_list<std::string_view> words) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (std::string_view word : words) {
    texts.push_back(word.data());
    sizes.push_back(word.size());
  }
  char* command = nullptr;
  int size =
      redisFormatCommandArgv(&command, static_cast<int>(texts.size()), texts.data(), sizes.data());
  if (size < 0) throw std::bad_alloc();
  out.append(command, static_cast<std::size_t>(size));
  redisFreeCommand(command);
}

std::string_view text_of(const redisReply& reply) {
  return {reply.str, static_cast<std::size_t>(reply.len)};
}

/// A connection to the server. hiredis knows the protocol; the socket is ours, because hiredis'
/// own would raise SIGPIPE and can wait longer than the deadline.
class Link {
 public:
  Link(const Server& server, const MonotonicClock& clock) : server_(server), clock_(clock) {}
  ~Link() {
    if (socket_ >= 0) ::close(socket_);
  }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Empty: connected. Else why not.
  std::string connect(Deadline deadline) {
    reader_.reset(redisReaderCreate());
    if (reader_ == nullptr) return "out of memory";
    socket_ = ::socket(server_.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return std::strerror(errno);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&server_.address), server_.size) !=
        0) {
      if (errno != EINPROGRESS) return std::strerror(errno);
      std::string problem = wait(POLLOUT, deadline);
      if (!problem.empty()) return problem;
      int error = 0;
      socklen_t size = sizeof error;
      ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
      if (error != 0) return std::strerror(error);
    }
    return greet(deadline);
  }

  /// Sends the commands and waits for as many replies. Empty: they are there.
  std::string exchange(std::string_view commands, std::size_t count, Deadline deadline,
                       std::vector<Reply>& replies) {
    replies.clear();
    std::size_t most = (count + 1) * (Limits::answer_bytes + 1024);
    std::size_t received = 0;
    char buffer[16384];
    while (replies.size() < count) {
      if (!commands.empty()) {
        ssize_t sent = ::send(socket_, commands.data(), commands.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN && errno != EINTR) return std::strerror(errno);
        if (sent > 0) commands.remove_prefix(static_cast<std::size_t>(sent));
      }
      ssize_t read = ::recv(socket_, buffer, sizeof buffer, 0);
      if (read == 0) return "the server closed the connection";
      if (read < 0 && errno == EINTR) continue;
      if (read < 0 && errno != EAGAIN) return std::strerror(errno);
      if (read < 0) {
        std::string problem = wait(commands.empty() ? POLLIN : POLLIN | POLLOUT, deadline);
        if (!problem.empty()) return problem;
        continue;
      }
      received += static_cast<std::size_t>(read);
      if (received > most) return "the server sends more than answers may hold";
      if (redisReaderFeed(reader_.get(), buffer, static_cast<std::size_t>(read)) != REDIS_OK) {
        return reader_->errstr;
      }
      for (;;) {
        void* reply = nullptr;
        if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) return reader_->errstr;
        if (reply == nullptr) break;
        replies.emplace_back(static_cast<redisReply*>(reply));
        if (replies.size() > count) return "the server sends more replies than there were commands";
      }
    }
    return {};
  }

  bool used = false;  ///< it has worked before: the server may have closed it meanwhile

 private:
  struct ReaderDeleter {
    void operator()(redisReader* reader) const { redisReaderFree(reader); }
  };

  std::string greet(Deadline deadline) {
    std::string commands;
    std::size_t count = 0;
    if (!server_.password.empty()) {
      if (server_.user.empty()) {
        append_command(commands, {"AUTH", server_.password});
      } else {
        append_command(commands, {"AUTH", server_.user, server_.password});
      }
      ++count;
    }
    if (server_.database != 0) {
      append_command(commands, {"SELECT", std::to_string(server_.database)});
      ++count;
    }
    std::vector<Reply> replies;
    std::string problem = exchange(commands, count, deadline, replies);
    for (const Reply& reply : replies) {
      if (problem.empty() && reply->type == REDIS_REPLY_ERROR) problem = text_of(*reply);
    }
    return problem;
  }

  std::string wait(int events, Deadline deadline) const {
    int timeout = -1;
    if (deadline != Deadline::max()) {
      auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now_by(clock_)).count();
      timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, 600'000));
    }
    pollfd poll{socket_, static_cast<short>(events), 0};
    int ready = ::poll(&poll, 1, timeout);
    if (ready < 0 && errno != EINTR) return std::strerror(errno);
    return ready == 0 ? "the server did not answer by the deadline" : std::string();
  }

  const Server& server_;
  const MonotonicClock& clock_;
  int socket_ = -1;
  std::unique_ptr<redisReader, ReaderDeleter> reader_;
};

class RedisProvider : public ContextProvider {
 public:
  RedisProvider(const Place& place, KeyKind key_kind, Server server, std::string prefix,
                bool hashes)
      : place_(place),
        key_kind_(key_kind),
        server_(std::move(server)),
        prefix_(std::move(prefix)),
        hashes_(hashes) {}

  std::string_view name() const override { return place_.name; }
  KeyKind key_kind() const override { return key_kind_; }

  void lookup(LookupCall& call) override {
    std::string commands;
    std::string key;
    for (std::size_t i = 0; i < call.size(); ++i) {
      key = prefix_;
      key += call.key(i);
      append_command(commands, {hashes_ ? "HGETALL" : "GET", key});
    }
    std::vector<Reply> replies;
    std::string problem = ask(commands, call.size(), call.deadline(), replies);
    for (std::size_t i = 0; i < call.size(); ++i) {
      if (i < replies.size()) {
        answer(call, i, *replies[i]);
      } else {
        call.fail(i, fmt::format("redis {}: {}", place_.path, problem));
      }
    }
  }

 private:
  std::string ask(std::string_view commands, std::size_t count, Deadline deadline,
                  std::vector<Reply>& replies) {
    for (;;) {
      std::unique_ptr<Link> link = pool_.take();
      std::string problem;
      if (link == nullptr) {
        link = std::make_unique<Link>(server_, place_.clock);
        problem = link->connect(deadline);
      }
      bool used = link->used;
      if (problem.empty()) problem = link->exchange(commands, count, deadline, replies);
      if (problem.empty()) {
        link->used = true;
        pool_.give_back(std::move(link));
        return {};
      }
      // A server that was started anew has closed all that is idle: connect again.
      bool again = used && replies.empty() && now_by(place_.clock) < deadline;
      if (!again) return problem;
      pool_.clear();
    }
  }

  void answer(LookupCall& call, std::size_t index, const redisReply& reply) const {
    if (reply.type == REDIS_REPLY_ERROR) {
      call.fail(index, fmt::format("redis {}: {}", place_.path, text_of(reply)));
    } else if (reply.type == REDIS_REPLY_NIL ||
               (reply.type == REDIS_REPLY_ARRAY && reply.elements == 0)) {
      call.set_absent(index);
    } else if (reply.type == REDIS_REPLY_STRING) {
      call.set_json(index, text_of(reply));
    } else if (reply.type == REDIS_REPLY_ARRAY && reply.elements % 2 == 0) {
      std::string json;
      json::Writer writer(json);
      writer.begin_object();
      for (std::size_t i = 0; i < reply.elements; i += 2) {
        const redisReply& field = *reply.element[i];
        const redisReply& value = *reply.element[i + 1];
        if (field.type != REDIS_REPLY_STRING || value.type != REDIS_REPLY_STRING) {
          call.fail(index, kNoObject);
          return;
        }
        writer.quoted_key(text_of(field)).string(text_of(value));
      }
      writer.end_object();
      call.set_json(index, json);
    } else {
      call.fail(index, kNoObject);
    }
  }

  const Place place_;
  const KeyKind key_kind_;
  const Server server_;
  const std::string prefix_;
  const bool hashes_;
  Pool<Link> pool_;
};

Status resolve(const std::string& address, Server& server) {
  auto bad = [&](std::string_view why) {
    return Status(
        StatusCode::kInvalidArgument,
        fmt::format("\"{}\" {}; write a server like 127.0.0.1:6379, [::1]:6379 or the path "
                    "of a socket",
                    address, why));
  };
  if (address.starts_with('/')) {
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    if (address.size() >= sizeof local.sun_path) return bad("is too long for a socket");
    std::memcpy(local.sun_path, address.c_str(), address.size() + 1);
    std::memcpy(&server.address, &local, sizeof local);
    server.size = sizeof local;
    return {};
  }
  std::string host = address;
  std::string port = "6379";
  bool is_v6 = address.starts_with('[');
  std::size_t colon = is_v6 ? address.find("]:") : address.rfind(':');
  if (is_v6 && colon != std::string::npos) ++colon;
  if (colon != std::string::npos) {
    host = address.substr(0, colon);
    port = address.substr(colon + 1);
  }
  if (is_v6 && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  std::uint16_t number = 0;
  auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (error != std::errc() || end != port.data() + port.size() || number == 0) {
    return bad("has no port");
  }
  // Now, not in a lookup: the system's resolver knows no deadline.
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  int result = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (result != 0) {
    return {StatusCode::kIo, fmt::format("{}: {}", host, gai_strerror(result))};
  }
  std::memcpy(&server.address, found->ai_addr, found->ai_addrlen);
  server.size = found->ai_addrlen;
  ::freeaddrinfo(found);
  return {};
}

}  // namespace

Opened open_redis(const Place& place, Spec& spec) {
  auto key_kind =
      spec.take_key_kind(place.name == "accounts" ? KeyKind::kAccountId : KeyKind::kString);
  if (!key_kind.ok()) return key_kind.status();
  Server server;
  std::string prefix = spec.take("prefix").value_or("");
  std::string value = spec.take("value").value_or("json");
  if (value != "json" && value != "hash") {
    return Status(StatusCode::kInvalidArgument,
                  fmt::format("value={}: json (GET of one object) or hash (HGETALL)", value));
  }
  server.user = spec.take("user").value_or("");
  if (std::optional<std::string> file = spec.take("passwordFile")) {
    auto password = read_file(resolved(place.directory, *file), false);
    if (!password.ok()) return password.status();
    server.password = password->substr(0, password->find_last_not_of("\r\n") + 1);
  }
  if (std::optional<std::string> text = spec.take("db")) {
    auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), server.database);
    if (error != std::errc() || end != text->data() + text->size() || server.database < 0) {
      return Status(StatusCode::kInvalidArgument, fmt::format("db={}: write a number", *text));
    }
  }
  Status status = spec.finish();
  if (status.ok()) status = resolve(place.path, server);
  if (!status.ok()) return status;
  return std::shared_ptr<ContextProvider>(std::make_shared<RedisProvider>(
      place, *key_kind, std::move(server), std::move(prefix), value == "hash"));
}

}  // namespace semper::context
