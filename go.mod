module github.com/astro-finalize/astro-finalize-go

// 1.25 has testing/synctest and os.Root.Readlink, and klauspost/compress needs it.
go 1.25.0

require (
	github.com/cenkalti/backoff/v5 v5.0.3
	github.com/klauspost/pgzip v1.3.0
	github.com/oapi-codegen/runtime v1.8.0 // newer ones need Go 1.26
	github.com/schollz/progressbar/v3 v3.19.1
	github.com/stretchr/testify v1.12.1
	golang.org/x/sys v0.47.0
	golang.org/x/term v0.45.0
)

require (
	github.com/apapsch/go-jsonmerge/v2 v2.0.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/klauspost/compress v1.20.4 // indirect
	github.com/mitchellh/colorstring v0.0.0-20190213212951-d06e56a500db // indirect
	github.com/rivo/uniseg v0.4.7 // indirect
	go.yaml.in/yaml/v3 v3.0.6 // indirect
)
