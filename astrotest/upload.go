package astrotest

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"time"
)

// The maximum length of a request's body, in bytes.
const (
	maxBlob  = 5000 << 20
	maxBlock = 4000 << 20
)

// authorizeUpload rejects requests that their upload URL does not allow.
func (s *Server) authorizeUpload(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Close must not wait for a client that stops in the middle of its body.
		stop := context.AfterFunc(s.closing, func() { _ = http.NewResponseController(w).SetReadDeadline(time.Now()) })
		defer stop()
		if refusal := s.service.storage.refusal(r); refusal != nil {
			refusal.refuse(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refusal returns the storage's error for a request whose URL or method is not valid, or nil.
func (s *storage) refusal(r *http.Request) *storageError {
	granted, found := s.grantOf(r)
	_, known := storageOperations[r.URL.Query().Get("comp")]
	var refusal storageError
	switch {
	case r.Header.Get("Authorization") != "":
		refusal = storageError{http.StatusBadRequest, "InvalidAuthenticationInfo", "Authentication information is not given in the correct format. Check the value of the Authorization header.", ""}
	case !found:
		refusal = authenticationFailed("Signature did not match.")
	case time.Now().Before(granted.starts), !time.Now().Before(granted.expires):
		refusal = outOfTime(granted.starts, granted.expires)
	case r.Method == http.MethodGet, r.Method == http.MethodHead, r.Method == http.MethodDelete:
		refusal = storageError{http.StatusForbidden, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation using this permission.", ""}
	case r.Method != http.MethodPut:
		refusal = storageError{http.StatusMethodNotAllowed, "UnsupportedHttpVerb", "The resource doesn't support the specified HTTP verb.", ""}
	case !known:
		refusal = storageError{http.StatusBadRequest, "InvalidQueryParameterValue", "The value of the query parameter comp is invalid.", ""}
	default:
		return nil
	}
	return &refusal
}

// ServeHTTP handles an authorized upload.
func (s *storage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch operation, _ := operationOf(r); operation {
	case "PutBlob":
		s.putBlob(w, r)
	case "PutBlock":
		s.putBlock(w, r)
	case "PutBlockList":
		s.putBlockList(w, r)
	}
}

func (s *storage) putBlob(w http.ResponseWriter, r *http.Request) {
	switch blobType := r.Header.Get("x-ms-blob-type"); blobType {
	case "BlockBlob":
	case "":
		storageError{http.StatusBadRequest, "MissingRequiredHeader", "An HTTP header that's mandatory for this request is not specified: x-ms-blob-type.", ""}.refuse(w, r)
		return
	default:
		storageError{http.StatusBadRequest, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format: x-ms-blob-type.", ""}.refuse(w, r)
		return
	}
	body, sum, ok := receive(w, r, maxBlob, !s.empties)
	if !ok {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	respondStored(w, sum, s.store(r.URL.Path, [][]byte{body}, nil))
}

// receive returns the body of an upload, or nil unless it is kept, and its MD5 sum. If the request is not valid, it responds
// with an error and returns ok false.
func receive(w http.ResponseWriter, r *http.Request, limit int64, keep bool) (body, sum []byte, ok bool) {
	expected, err := base64.StdEncoding.DecodeString(r.Header.Get("Content-MD5"))
	var refusal storageError
	switch {
	case r.ContentLength < 0:
		refusal = storageError{http.StatusLengthRequired, "MissingContentLengthHeader", "The Content-Length header was not specified.", ""}
	case r.ContentLength > limit:
		refusal = storageError{http.StatusRequestEntityTooLarge, "RequestBodyTooLarge", fmt.Sprintf("The request body is too large and exceeds the maximum permissible limit of %d bytes.", limit), ""}
	case err != nil || len(expected) != 0 && len(expected) != md5.Size:
		refusal = storageError{http.StatusBadRequest, "InvalidMd5", "The MD5 value that was specified is invalid: it must be 128 bits, base64 encoded.", ""}
	default:
		body, sum = read(r, keep)
		if len(expected) == 0 || bytes.Equal(sum, expected) {
			return body, sum, true
		}
		refusal = storageError{http.StatusBadRequest, "Md5Mismatch", "The MD5 value that was specified is not the one that the server calculated.", ""}
	}
	refusal.refuse(w, r)
	return nil, nil, false
}

// read returns the body of a request, or nil unless it is kept, and its MD5 sum.
func read(r *http.Request, keep bool) (body, sum []byte) {
	hash := md5.New()
	var received bytes.Buffer
	into := io.Writer(hash)
	if keep {
		received.Grow(int(min(r.ContentLength, 64<<20)) + bytes.MinRead) // capped, because Content-Length is only the client's claim
		into = io.MultiWriter(&received, hash)
	}
	if _, err := io.Copy(into, r.Body); err != nil {
		panic(http.ErrAbortHandler) // the client went away while it was sending
	}
	return received.Bytes(), hash.Sum(nil)
}

// respondStored responds to an upload that stored a version.
func respondStored(w http.ResponseWriter, sum []byte, stored time.Time) {
	header := w.Header()
	header["ETag"] = []string{fmt.Sprintf(`"0x%X"`, stored.UnixNano())}
	header["Last-Modified"] = []string{stored.Format(http.TimeFormat)}
	header["x-ms-version-id"] = []string{versionAt(stored)}
	respondCreated(w, sum)
}

func respondCreated(w http.ResponseWriter, sum []byte) {
	header := w.Header()
	setStorageHeaders(header)
	header["Content-MD5"] = []string{base64.StdEncoding.EncodeToString(sum)}
	header["x-ms-request-server-encrypted"] = []string{"true"}
	w.WriteHeader(http.StatusCreated)
}
