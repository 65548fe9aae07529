package semper

// #include "shim.h"
import "C"

import (
	"runtime"
	"strings"
	"unsafe"
)

// view lends a text to a call.
func view(text string) C.semper_string_view_t {
	return C.semper_string_view_t{
		data: (*C.char)(unsafe.Pointer(unsafe.StringData(text))),
		size: C.size_t(len(text)),
	}
}

func viewBytes(text []byte) C.semper_string_view_t {
	return C.semper_string_view_t{
		data: (*C.char)(unsafe.Pointer(unsafe.SliceData(text))),
		size: C.size_t(len(text)),
	}
}

// borrowed is valid as long as the view is.
func borrowed(view C.semper_string_view_t) string {
	return unsafe.String((*byte)(unsafe.Pointer(view.data)), int(view.size))
}

func borrowedBytes(view C.semper_string_view_t) []byte {
	size := int(view.size)
	return unsafe.Slice((*byte)(unsafe.Pointer(view.data)), size)[:size:size]
}

func copied(view C.semper_string_view_t) string { return strings.Clone(borrowed(view)) }

// viewsOf lends many texts to a call; they are pinned until pinner.Unpin.
func viewsOf(pinner *runtime.Pinner, texts []string) []C.semper_string_view_t {
	views := make([]C.semper_string_view_t, 0, len(texts))
	for _, text := range texts {
		views = append(views, view(text))
		if len(text) > 0 {
			pinner.Pin(unsafe.StringData(text))
		}
	}
	return views
}

// pinnedView is a C.semper_string_view_t whose address is a number to Go: memory with these may be
// used again without being cleared, and cgo need not look for every address whether it is pinned.
type pinnedView struct{ data, size uintptr }

// appendViews does the same for bytes.
func appendViews(views []pinnedView, pinner *runtime.Pinner, texts [][]byte) []pinnedView {
	for _, text := range texts {
		data := unsafe.SliceData(text)
		if len(text) > 0 {
			pinner.Pin(data)
		}
		views = append(views, pinnedView{uintptr(unsafe.Pointer(data)), uintptr(len(text))})
	}
	return views
}

func cViews(views []pinnedView) *C.semper_string_view_t {
	return (*C.semper_string_view_t)(unsafe.Pointer(unsafe.SliceData(views)))
}
