package decode

import (
	"fmt"
	"strings"
	"testing"
)

// usual is a typical body of the service.
const usual = `{"id":"clvetru2w000201mowqwua63n","deploymentId":"clmh57jtm000008lb58fe2wmv","type":"BUNDLE","status":"DEPLOYED",` +
	`"airflowVersion":"2.7.2","astroRuntimeVersion":"9.1.0","bundleMountPath":"/usr/local/airflow/dbt/my-project",` +
	`"bundleUploadUrl":"https://astroproddagdeploy.blob.core.windows.net/clmh59gt0000308lbgswe5fvh/clmh57jtm000008lb58fe2wmv?sv=2021-12-02&se=2026-11-25T14%3A00%3A00Z&sr=b&sp=cw&sig=c2lnbmF0dXJlc2lnbmF0dXJlc2lnbmF0dXJl",` +
	`"bundles":[{"bundleType":"dbt","currentVersion":"2024-01-12T18:32:20.5898930Z","deployId":"clvetru2w000201mowqwua63n","desiredVersion":"2024-01-12T18:32:20.5898930Z","mountPath":"/usr/local/airflow/dbt/my-project"},` +
	`{"bundleType":"dbt","currentVersion":"2024-01-12T18:32:20.5898930Z","deployId":"clvetru2w000201mowqwua63m","desiredVersion":"2024-01-12T18:32:20.5898930Z","mountPath":"/usr/local/airflow/dbt/my-other-project"}],` +
	`"createdAt":"2022-11-22T04:37:12Z","createdBySubject":{"id":"clm8qv74h000008mlf08scq7k","subjectType":"USER","username":"user1@company.com","fullName":"User One","avatarUrl":"https://avatar.url"},` +
	`"description":"My deploy description","dagTarballVersion":"2024-01-12T18:32:20.5898930Z","imageRepository":"https://my-image-repository","imageTag":"my-image-tag","isDagDeployEnabled":true,` +
	`"updatedAt":"2022-11-22T04:37:12Z","updatedBySubject":{"id":"clm8qv74h000008mlf08scq7k","subjectType":"USER","username":"user1@company.com","fullName":"User One","avatarUrl":"https://avatar.url"}}`

func BenchmarkDeploy(b *testing.B) {
	body := []byte(usual)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Deploy(body, "clmh57jtm000008lb58fe2wmv", "clvetru2w000201mowqwua63n"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPage(b *testing.B) {
	body := fmt.Appendf(nil, `{"deploys":[%s],"limit":100,"offset":0,"totalCount":100}`, strings.TrimSuffix(strings.Repeat(usual+",", 100), ","))
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Page(body, "clmh57jtm000008lb58fe2wmv", 0); err != nil {
			b.Fatal(err)
		}
	}
}
