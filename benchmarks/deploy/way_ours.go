package main

import (
	"context"

	"github.com/astro-finalize/astro-finalize-go/api"
	"github.com/astro-finalize/astro-finalize-go/tarball"
	"github.com/astro-finalize/astro-finalize-go/wrapper"
)

func deployOurs(ctx context.Context, dir, uploadURL string) (string, error) {
	return upload(ctx, tarball.Dir(dir), uploadURL)
}

func deployFastest(ctx context.Context, dir, uploadURL string) (string, error) {
	return upload(ctx, tarball.Dir(dir, tarball.Level(tarball.Fastest)), uploadURL)
}

func upload(ctx context.Context, source *tarball.Source, uploadURL string) (string, error) {
	// Nothing is sent to the base URL: only a client with a loopback base URL uploads to loopback.
	client, err := wrapper.NewClient(wrapper.WithBaseURL("http://localhost"), wrapper.WithToken("not-needed-for-an-upload"))
	if err != nil {
		return "", err
	}
	packed, err := source.Pack(ctx, "dags")
	if err != nil {
		return "", err
	}
	defer func() { _ = packed.Close() }()
	secret := api.NewSecret(uploadURL)
	return client.Upload(ctx, &secret, packed)
}
