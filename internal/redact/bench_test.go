package redact

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// BenchmarkError redacts a message of 100 characters and a page of 2,000 for a token of 1,000.
func BenchmarkError(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	token := make([]byte, 1000)
	for i := range token {
		token[i] = alphabet[random.IntN(len(alphabet))]
	}
	message, page := strings.Repeat("not found ", 10), []byte(strings.Repeat("<p>It cannot be found.</p>\n", 80))
	b.ReportAllocs()
	for b.Loop() {
		known := New(string(token))
		_ = known.Line(message)
		_ = known.Excerpt(page)
	}
}
