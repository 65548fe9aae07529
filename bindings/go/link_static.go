//go:build semper_static

package semper

// #cgo pkg-config: semper-static
import "C"
