#include "cli/share.h"

#include <filesystem>

namespace semper::cli {

std::string share_folder() {
  std::error_code error;
  std::filesystem::path command = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) {
    std::filesystem::path beside = command.parent_path().parent_path() / "share/semper";
    if (std::filesystem::is_directory(beside, error)) return beside.string();
  }
  return SEMPER_SHARE_FOLDER;
}

}  // namespace semper::cli
