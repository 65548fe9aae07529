#pragma once

#include "semper/limits.hpp"
