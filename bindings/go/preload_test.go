//go:build !semper_static && !asan

package semper

const canPreload = true
