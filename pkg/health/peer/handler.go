package peer

import (
	"io"
	"net/http"
)

// Handler answers signed polls. Everything else gets the same empty 404 as a path that does not exist, so that nothing can
// be learned here without a key. Answer may return nil: then there is nothing to say yet.
func Handler(keys *Keys, answer func(*Request, *Keyring) *Response) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		text := respond(req, keys.Ring(), answer)
		if text == "" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		h := w.Header()
		h.Set("Content-Type", "text/plain")
		h.Set("Cache-Control", "no-store")
		_, _ = io.WriteString(w, text) // who asked may be gone
	})
}

func respond(req *http.Request, keys *Keyring, answer func(*Request, *Keyring) *Response) string {
	signed := req.Header.Get(Header)
	if req.Method != http.MethodGet || signed == "" || keys == nil {
		return ""
	}
	q, err := DecodeRequest(signed, keys)
	if err != nil {
		return ""
	}
	a := answer(q, keys)
	if a == nil {
		return ""
	}
	text, err := EncodeResponse(a, keys)
	if err != nil {
		return ""
	}
	return text
}
