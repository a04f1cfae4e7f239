package redact

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRecent(t *testing.T) {
	secret := func(i int) string { return strings.Repeat(string(rune('a'+i)), 20) }
	var recent Recent
	recent.Add("first-token", "", "first-token")
	assert.Equal(t, "[REDACTED] [REDACTED] other-secret", recent.Redactor("second-one").Text("first-token second-one other-secret"))
	for i := range 2 * maxRecent {
		recent.Add(secret(i), secret(0))
	}
	assert.Len(t, recent.secrets, maxRecent, "the number of secrets is limited")
	assert.Equal(t, "first-token [REDACTED]", recent.Redactor().Text("first-token "+secret(2*maxRecent-1)))
	assert.Equal(t, "[REDACTED] "+secret(1), recent.Redactor().Text(secret(0)+" "+secret(1)), "a secret in constant use is not forgotten")

	var none *Recent
	none.Add("first-token")
	assert.Equal(t, "first-token [REDACTED]", none.Redactor("second-one").Text("first-token second-one"))
}

func TestSignatures(t *testing.T) {
	const long, other = "0123456789a%2Bb", "0123456789abcdef"
	assert.Equal(t, []string{long, "0123456789a+b", other, other}, Signatures([]byte(`{"u":"https://storage.example/x?sv=1\u0026sig=`+long+`\u0026se=1","v":"?SIG=`+other+`&x=1"} sig=`+other)))
	assert.Empty(t, Signatures(nil))
	assert.Empty(t, Signatures([]byte("the field sig=deployment")), "an ordinary word is not a signature")
	hostile := Signatures([]byte(strings.Repeat("sig=0123456789abcdef&", 1000) + "sig=" + strings.Repeat("a", 1<<20)))
	assert.Len(t, hostile, maxSignatures)
	assert.Len(t, Signatures([]byte("sig=" + strings.Repeat("a", 1<<20)))[0], maxSignature)
}
