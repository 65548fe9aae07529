//go:build !semper_static

package semper

// #cgo pkg-config: semper
import "C"
