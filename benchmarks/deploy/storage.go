package main

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"hash"
	"io"
	"net/http"
	"sync"
	"time"
)

// received describes the requests for one blob.
type received struct {
	Version  string // of the blob once it is committed
	Bytes    int64  // of all bodies
	Requests int

	blocks  map[string][]byte // by ID; empty unless the storage stores content
	content []byte
}

// storage responds to Put Blob, Put Block and Put Block List as Azure does, and to GET with what it
// received. By default it discards the content.
type storage struct {
	latency time.Duration // added to each request
	stores  bool          // content, for tests

	mu    sync.Mutex
	blobs map[string]*received // by path
}

func newStorage(latency time.Duration) *storage {
	return &storage{latency: latency, blobs: map[string]*received{}}
}

func (s *storage) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		s.mu.Lock()
		defer s.mu.Unlock()
		_ = json.NewEncoder(w).Encode(s.blobs[r.URL.Path])
		return
	}
	if r.Header.Get("Expect") != "" {
		time.Sleep(s.latency) // the client waits for a 100 before it sends the body
	}
	status, code := s.put(w.Header(), r)
	time.Sleep(s.latency)
	if code != "" {
		w.Header().Set("X-Ms-Error-Code", code)
	}
	w.WriteHeader(status)
}

// put receives a body, and returns the status and the error code of the response.
func (s *storage) put(header http.Header, r *http.Request) (status int, code string) {
	if r.Method != http.MethodPut {
		return http.StatusMethodNotAllowed, "UnsupportedHttpVerb"
	}
	if r.ContentLength < 0 {
		return http.StatusLengthRequired, "MissingContentLengthHeader"
	}
	operation := r.URL.Query().Get("comp")
	if operation == "" && r.Header.Get("X-Ms-Blob-Type") != "BlockBlob" {
		return http.StatusBadRequest, "InvalidHeaderValue"
	}
	body, size, err := s.read(header, r, operation == "blocklist")
	if err != nil {
		return http.StatusBadRequest, err.Error()
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	blob := s.blobs[r.URL.Path]
	if blob == nil {
		blob = &received{blocks: map[string][]byte{}}
		s.blobs[r.URL.Path] = blob
	}
	blob.Bytes += size
	blob.Requests++
	switch operation {
	case "":
		blob.content = body
	case "block":
		blob.blocks[r.URL.Query().Get("blockid")] = body
		return http.StatusCreated, ""
	case "blocklist":
		if !blob.commit(body) {
			return http.StatusBadRequest, "InvalidBlockList"
		}
	}
	blob.Version = time.Now().UTC().Format("2006-01-02T15:04:05.0000000Z")
	header.Set("X-Ms-Version-Id", blob.Version)
	return http.StatusCreated, ""
}

// read reads a body, and checks its MD5 if the client sent one. It returns the body if store is set or
// the storage stores content.
func (s *storage) read(header http.Header, r *http.Request, store bool) (body []byte, size int64, err error) {
	var stored bytes.Buffer
	out, sum := io.Writer(struct{ io.Writer }{io.Discard}), hash.Hash(nil)
	if store || s.stores {
		out = &stored
	}
	sent := r.Header.Get("Content-Md5")
	if sent != "" {
		sum = md5.New()
		out = io.MultiWriter(out, sum)
	}
	size, err = io.CopyBuffer(struct{ io.Writer }{out}, r.Body, make([]byte, 256<<10))
	if err != nil {
		return nil, 0, fmt.Errorf("RequestTimeout")
	}
	if sum != nil {
		computed := base64.StdEncoding.EncodeToString(sum.Sum(nil))
		if computed != sent {
			return nil, 0, fmt.Errorf("Md5Mismatch")
		}
		header.Set("Content-Md5", computed)
	}
	return stored.Bytes(), size, nil
}

// commit assembles the blob, if it has all blocks of the list.
func (b *received) commit(list []byte) bool {
	var named struct {
		IDs []string `xml:"Latest"`
	}
	if xml.Unmarshal(list, &named) != nil {
		return false
	}
	var content []byte
	for _, id := range named.IDs {
		block, found := b.blocks[id]
		if !found {
			return false
		}
		content = append(content, block...)
	}
	b.content = content
	return true
}
