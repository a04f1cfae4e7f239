package blob

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A hint is about the cause that is known. A new deploy is the cure for an expired URL, and for
// nothing else, whoever says 403.
func TestHints(t *testing.T) {
	said := func(code, detail string) string {
		return fmt.Sprintf("<Error><Code>%s</Code><Message>No.</Message><AuthenticationErrorDetail>%s</AuthenticationErrorDetail></Error>", code, detail)
	}
	storages := map[string]string{"x-ms-request-id": "r"}
	for name, row := range map[string]struct {
		status int
		header map[string]string
		body   string
		want   string
	}{
		"a proxy's page":               {403, nil, "<html>Access Denied</html>", hintForeign("HOST")},
		"a proxy without a page":       {403, nil, "", hintForeign("HOST")},
		"a proxy that knows the form":  {403, nil, said("AuthenticationFailed", "Signature did not match."), hintForeign("HOST")},
		"a proxy's 404":                {404, nil, "", hintForeign("HOST")},
		"a proxy's 407":                {407, nil, "", hintForeign("HOST")},
		"a proxy's 502":                {502, nil, "", hintForeign("HOST")},
		"a proxy's 503 for long":       {503, map[string]string{"Retry-After": "3600"}, "", hintForeign("HOST")},
		"a proxy's 200":                {200, nil, "<html>", hintForeign("HOST")},
		"a proxy's 302":                {302, map[string]string{"Location": "/login"}, "", hintForeign("HOST")},
		"a proxy's 413":                {413, nil, "", hintForeign("HOST") + "; or " + hintSmaller},
		"network rules":                {403, storages, said("AuthorizationFailure", ""), hintNetwork},
		"the address":                  {403, storages, said("AuthorizationSourceIPMismatch", ""), hintAddress},
		"rights":                       {403, storages, said("AuthorizationPermissionMismatch", ""), hintRights},
		"protocol":                     {403, storages, said("AuthorizationProtocolMismatch", ""), "https included"},
		"an Authorization header":      {400, storages, said("InvalidAuthenticationInfo", ""), hintUnsigned},
		"an Authorization header, 401": {401, storages, said("InvalidAuthenticationInfo", ""), hintUnsigned},
		"no signature":                 {409, storages, said("PublicAccessNotPermitted", ""), hintUnsigned},
		"signed by a key":              {403, storages, said("KeyBasedAuthenticationNotPermitted", ""), "support"},
		"another signature":            {403, storages, said("AuthenticationFailed", "Signature did not match. String to sign used was w\n\n2024"), hintChanged},
		"a signature that is none":     {403, storages, said("AuthenticationFailed", "Signature fields not well formed."), hintChanged},
		"nothing tells":                {403, storages, said("AuthenticationFailed", ""), hintUnclear},
		"a code that nobody knows":     {403, storages, said("SomethingNew", ""), hintUnclear},
		"no code":                      {403, storages, "", hintUnclear},
		"container gone":               {404, storages, said("ContainerNotFound", ""), hintGone},
		"blob gone":                    {404, storages, said("BlobNotFound", ""), hintGone},
		"resource gone":                {404, storages, said("ResourceNotFound", ""), hintGone},
		"404 without a code":           {404, storages, "", hintGone},
		"account disabled":             {403, storages, said("AccountIsDisabled", ""), hintGone},
		"damaged":                      {400, storages, said("Md5Mismatch", ""), hintDamaged},
		"too large":                    {413, storages, said("RequestBodyTooLarge", ""), hintSmaller},
		"too large, without a code":    {413, storages, "", hintSmaller},
		"a success of another kind":    {202, storages, "", hintOddly},
		"a success without a version":  {201, storages, "", hintOddly},
		"a refusal that needs no hint": {409, storages, said("LeaseIdMissing", ""), ""},
		"the code in the header":       {403, map[string]string{"X-MS-error-code": "AuthorizationFailure"}, "", hintNetwork},
	} {
		store := &storage{answers: []http.HandlerFunc{status(row.status, row.header, row.body), status(row.status, row.header, row.body)}}
		target := store.start(t)
		target.RawQuery = "sig=s1gned"
		upload := uploader(http.DefaultTransport)
		upload.Retry.MaxAttempts = 2
		result := upload.Put(t.Context(), target, measured(t, bytes.NewReader(gzipped(100))), nil)
		require.NotNil(t, result.Refusal, name)
		want := strings.ReplaceAll(row.want, "HOST", target.Host)
		assert.Contains(t, result.Refusal.Hint, want, name)
		assert.Equal(t, want == "", result.Refusal.Hint == "", name)
		assert.False(t, result.Refusal.Expired, name)
		isOpen := want == hintUnclear
		assert.Equal(t, isOpen, strings.Contains(result.Refusal.Hint, "new deploy"), name)
		assert.NotContains(t, result.Refusal.Hint, "s1gned")
	}
}
