package wrapper

import (
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"

	"github.com/astro-finalize/astro-finalize-go/api"
)

// maxTarball is how long a blob may be that is put at once: 5,000 MiB.
const maxTarball = 5000 << 20

// measured is a tarball of which is known what the storage must be told.
type measured struct {
	io.ReadSeeker
	size int64
	md5  []byte
}

// measure checks a tarball, and reads it through for its MD5 unless it knows that already.
func measure(ctx context.Context, tarball io.ReadSeeker) (*measured, error) {
	const field = "tarball"
	if tarball == nil {
		return nil, &ValidationError{Field: field, Rule: "must not be nil"}
	}
	size, err := tarball.Seek(0, io.SeekEnd)
	if err == nil {
		_, err = tarball.Seek(0, io.SeekStart)
	}
	switch {
	case err != nil:
		return nil, unreadable(err)
	case size < 0:
		return nil, unreadable(errors.New("its Seek returns a size that cannot be"))
	case size == 0:
		return nil, &ValidationError{Field: field, Rule: "must not be empty: a tarball, even of nothing, has some bytes"}
	case size > maxTarball:
		return nil, &ValidationError{Field: field, Value: fmt.Sprint(size), Rule: "must have at most 5000 MiB (5242880000 bytes), which is what the storage takes at once"}
	}
	// What begins it tells a tarball from the file that was meant to go into one.
	start := make([]byte, min(size, 512))
	hash := md5.New()
	if _, err := io.ReadFull(io.TeeReader(contextReader{ctx, tarball}, hash), start); err != nil {
		return nil, unreadable(err)
	}
	if !isTarball(start) {
		return nil, &ValidationError{Field: field, Rule: "must be a tar archive, as it is or compressed by gzip"}
	}
	if known, isKnown := tarball.(interface{ MD5() []byte }); isKnown && len(known.MD5()) == md5.Size {
		return &measured{tarball, size, known.MD5()}, nil
	}
	read, err := io.Copy(hash, contextReader{ctx, tarball})
	if err == nil && int64(len(start))+read != size {
		err = errors.New("its size changes while it is read")
	}
	if err != nil {
		return nil, unreadable(err)
	}
	return &measured{tarball, size, hash.Sum(nil)}, nil
}

func unreadable(err error) error {
	return &TransportError{Operation: opUpload, Err: fmt.Errorf("tarball: %w", err)}
}

func isTarball(start []byte) bool {
	isGzip := bytes.HasPrefix(start, []byte{0x1f, 0x8b})
	return isGzip || len(start) == 512 && bytes.HasPrefix(start[257:], []byte("ustar"))
}

// contextReader ends when its context does.
type contextReader struct {
	ctx context.Context
	io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// parseUploadURL accepts an upload URL as the service hands them out. Its errors do not quote
// it.
func parseUploadURL(uploadURL *api.Secret) (*url.URL, error) {
	const field = "uploadUrl"
	if uploadURL == nil || uploadURL.Reveal() == "" {
		return nil, &ValidationError{Field: field, Rule: "is missing: a deploy has one for DAGs where its Deployment has DAG deploys enabled, and one for a bundle if it is of type BUNDLE, too"}
	}
	parsed, err := url.Parse(uploadURL.Reveal())
	switch {
	case err != nil, parsed.Hostname() == "", parsed.User != nil, parsed.Fragment != "", !isPrintable(uploadURL.Reveal()), strings.Contains(uploadURL.Reveal(), " "):
		return nil, &ValidationError{Field: field, Rule: "must be a URL as the service returns it, byte for byte"}
	case parsed.Scheme != "https" && (parsed.Scheme != "http" || !isLoopback(parsed.Hostname())):
		return nil, &ValidationError{Field: field, Rule: "must be https, or the tarball and the URL's signature cross the network in clear; http is for loopback hosts"}
	}
	return parsed, nil
}

var signatures = regexp.MustCompile(`(?i)(?:^|&)sig=([^&]*)`)

// secretsOf returns the signature of an upload URL, as it is written there and as it is.
func secretsOf(uploadURL *url.URL) []string {
	var secrets []string
	for _, found := range signatures.FindAllStringSubmatch(uploadURL.RawQuery, -1) {
		secrets = append(secrets, found[1])
		if plain, err := url.QueryUnescape(found[1]); err == nil {
			secrets = append(secrets, plain)
		}
	}
	return secrets
}
