package main_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/astro-finalize/astro-finalize-go/astrotest"
)

// What the service refuses is said in the operator's words, too, which every run checks.
func TestRefused(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		fault astrotest.Fault
		says  string
	}{
		"unauthorized":   {astrotest.Error(401, "no").On("CreateDeploy"), "ASTRO_API_TOKEN"},
		"forbidden":      {astrotest.Error(403, "no").On("CreateDeploy"), "permission"},
		"not found":      {astrotest.Error(404, "no").On("CreateDeploy"), "404"},
		"invalid":        {astrotest.Error(400, "no").On("CreateDeploy"), "400"},
		"hibernating":    {astrotest.Hibernating(), "HIBERNATING"},
		"another server": {astrotest.Respond(200, "text/html", "<html></html>").On("CreateDeploy"), "ASTRO_API_URL"},
		"redirect":       {astrotest.Respond(302, "text/html", "").WithHeader("Location", "/login").On("CreateDeploy"), "302"},
		"expired":        {astrotest.ExpiredUploadURL().On("PutBlob"), "expired"},
		"not yet valid":  {astrotest.UploadURLNotYetValid(2e12).On("PutBlob"), "clock"},
		"storage":        {astrotest.StorageError(404, "ContainerNotFound", "no").On("PutBlob"), "404"},
		"no upload URL":  {astrotest.EditDeploy(func(deploy map[string]any) { delete(deploy, "dagsUploadUrl") }).On("CreateDeploy"), "DAG deploys"},
		"FAILED at once": {showing("FAILED").On("CreateDeploy"), "FAILED"},
		"Retry-After":    {astrotest.RateLimited().WithHeader("Retry-After", "3600").On("CreateDeploy"), "429"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t)
			s.Inject(row.fault)
			e := run(t, s.env, s.live...)
			assert.Equal(t, 1, e.code, e.stderr)
			assert.Empty(t, e.stdout)
			assert.Contains(t, e.stderr, row.says)
		})
	}
}

// Nothing listens, or the time is over.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	s := newService(t)
	e := run(t, append(s.env, "ASTRO_API_URL=http://127.0.0.1:1"), s.live...)
	assert.Equal(t, 1, e.code, e.stderr)
	assert.Contains(t, e.stderr, "could not connect")
	e = run(t, s.env, append(s.live, "-timeout", "1ns")...)
	assert.Equal(t, 1, e.code, e.stderr)
	assert.Contains(t, e.stderr, "-timeout 1ns")
	assert.Empty(t, s.Requests())
}
