package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var program string

func TestMain(m *testing.M) {
	directory, err := os.MkdirTemp("", "service")
	if err != nil {
		panic(err)
	}
	program = filepath.Join(directory, "service")
	if output, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v: %s", err, output)
		os.Exit(1)
	}
	status := m.Run()
	os.RemoveAll(directory)
	os.Exit(status)
}

const drops = `{"filtering": {"findingPattern": {"detail": {"eventName": ["DeleteRole"]}}}}`

func event(name string) string {
	return `{"version": "0", "id": "1", "detail-type": "AWS API Call via CloudTrail", "source": "aws.iam",` +
		` "account": "111122223333", "time": "2024-05-01T12:00:00Z", "region": "us-east-1", "resources": [],` +
		` "detail": {"eventSource": "iam.amazonaws.com", "eventName": "` + name + `",` +
		` "eventTime": "2024-05-01T12:00:00Z", "awsRegion": "us-east-1"}}`
}

// running is a service that was started.
type running struct {
	t        *testing.T
	command  *exec.Cmd
	policies string
	address  string
	stdin    io.WriteCloser
	stdout   bytes.Buffer

	mutex sync.Mutex
	log   strings.Builder
	read  chan struct{} // closed when the log ends
	lines chan string
}

func start(t *testing.T, arguments ...string) *running {
	t.Helper()
	r := &running{t: t, policies: t.TempDir(), read: make(chan struct{}), lines: make(chan string, 1000)}
	r.write("20_filtering/cloudtrail_api_calls/x.json", drops)
	r.command = exec.Command(program, append([]string{"-policies", r.policies, "-listen", "127.0.0.1:0"}, arguments...)...)
	r.command.Stdout = &r.stdout
	var err error
	if r.stdin, err = r.command.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	log, err := r.command.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.command.Process.Kill() })
	go func() {
		defer close(r.read)
		for lines := bufio.NewScanner(log); lines.Scan(); {
			r.mutex.Lock()
			fmt.Fprintln(&r.log, lines.Text())
			r.mutex.Unlock()
			r.lines <- lines.Text()
		}
	}()
	r.address = "http://" + regexp.MustCompile(`address=(\S+)`).FindStringSubmatch(r.waitFor("msg=listening"))[1]
	return r
}

func (r *running) write(name, text string) {
	r.t.Helper()
	path := filepath.Join(r.policies, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// waitFor returns the next line of the log that holds `part`.
func (r *running) waitFor(part string) string {
	r.t.Helper()
	patience := time.After(time.Minute)
	for {
		select {
		case line := <-r.lines:
			if strings.Contains(line, part) {
				return line
			}
		case <-patience:
			r.t.Fatalf("no %q in the log:\n%s", part, r.all())
		}
	}
}

func (r *running) all() string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.log.String()
}

func (r *running) signal(s syscall.Signal) {
	r.t.Helper()
	if err := r.command.Process.Signal(s); err != nil {
		r.t.Fatal(err)
	}
}

// ends waits for the end, which is to be good.
func (r *running) ends() {
	r.t.Helper()
	<-r.read
	if err := r.command.Wait(); err != nil {
		r.t.Errorf("%v:\n%s", err, r.all())
	}
}

func (r *running) post(contentType, body string) (int, string) {
	r.t.Helper()
	response, err := http.Post(r.address+"/v1/events", contentType, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	if response.StatusCode == http.StatusOK && response.Header.Get("Semper-Records") == "" {
		r.t.Error("it is not told how many records there are")
	}
	return response.StatusCode, string(text)
}

func (r *running) get(path string) (int, string) {
	response, err := http.Get(r.address + path)
	if err != nil {
		r.t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(text)
}

func (r *running) metric(name string) float64 {
	r.t.Helper()
	_, text := r.get("/metrics")
	found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(name) + ` (\S+)$`).FindStringSubmatch(text)
	if found == nil {
		return -1
	}
	value, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		r.t.Fatal(err)
	}
	return value
}

func (r *running) wantMetric(name string, wanted float64) {
	r.t.Helper()
	if value := r.metric(name); value != wanted {
		r.t.Errorf("%s is %v instead of %v", name, value, wanted)
	}
}

// decisions are those of the records in NDJSON.
func decisions(t *testing.T, ndjson string) string {
	t.Helper()
	var all []string
	for line := range strings.Lines(ndjson) {
		var record struct{ Verdict struct{ Decision string } }
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		all = append(all, record.Verdict.Decision)
	}
	return strings.Join(all, " ")
}

const metricDropped = `semper_records_total{decision="dropped"}`

func TestEvents(t *testing.T) {
	r := start(t, "-max-body", "100000")
	for _, test := range []struct{ kind, body, wanted string }{
		{"application/json", event("CreateUser"), "relevant"},
		{"application/json", event("DeleteRole"), ""},
		{"application/json", "no JSON", "invalid"},
		{"application/x-ndjson; charset=utf-8", event("CreateUser") + "\n" + event("DeleteRole") + "\n\nx\n", "relevant invalid"},
		{"", "[1]", "relevant"}, // of an unknown source
	} {
		code, body := r.post(test.kind, test.body)
		if code != http.StatusOK || decisions(t, body) != test.wanted {
			t.Errorf("%s: %d %s", test.body, code, body)
		}
	}
	for body, wanted := range map[string]int{" \n": http.StatusBadRequest, strings.Repeat("x", 100001): http.StatusRequestEntityTooLarge} {
		if code, text := r.post("application/json", body); code != wanted {
			t.Errorf("%d %s", code, text)
		}
	}
	for path, wanted := range map[string]int{"/healthz": 200, "/readyz": 200, "/v1/events": 405, "/x": 404} {
		if code, _ := r.get(path); code != wanted {
			t.Errorf("%s: %d", path, code)
		}
	}
	r.wantMetric(`semper_records_total{decision="relevant"}`, 3)
	r.wantMetric(metricDropped, 2)
	r.wantMetric(`semper_records_total{decision="invalid"}`, 2)
	r.wantMetric(`semper_policy_hits_total{effect="drop",policy="20_filtering/cloudtrail_api_calls/x"}`, 2)
	r.wantMetric(`semper_http_requests_total{code="200"}`, 5)
	r.wantMetric(`semper_http_requests_total{code="413"}`, 1)
	r.wantMetric(`semper_http_requests_in_flight`, 0)
	r.wantMetric(`semper_evaluate_seconds_count`, 5)
	r.wantMetric(`semper_policies`, 1)
	r.signal(syscall.SIGTERM)
	r.ends()
}

func TestDroppedComeOutWhereAskedFor(t *testing.T) {
	r := start(t, "-dropped")
	if _, body := r.post("application/json", event("DeleteRole")); decisions(t, body) != "dropped" {
		t.Error(body)
	}
	r.signal(syscall.SIGINT)
	r.ends()
}

func TestProvidersAreCounted(t *testing.T) {
	accounts := filepath.Join(t.TempDir(), "accounts?.json")
	if err := os.WriteFile(accounts, []byte(`[{"accountId": "111122223333"}]`), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, "-accounts", accounts)
	r.post("application/json", event("CreateUser"))
	r.wantMetric(`semper_provider_keys_total{outcome="found",provider="accounts"}`, 1)
	r.wantMetric(`semper_provider_keys_total{outcome="failed",provider="accounts"}`, 0)
	r.signal(syscall.SIGTERM)
	r.ends()
}

func TestReload(t *testing.T) {
	r := start(t)
	wantAnswer := func(wanted string) {
		t.Helper()
		if _, body := r.post("application/json", event("DeleteRole")); decisions(t, body) != wanted {
			t.Error(body)
		}
	}
	wantAnswer("")
	r.write("20_filtering/cloudtrail_api_calls/x.json", strings.Replace(drops, "DeleteRole", "CreateUser", 1))
	r.write("20_filtering/cloudtrail_api_calls/y.json", drops+" what is this")
	r.signal(syscall.SIGHUP)
	if line := r.waitFor("msg=policy"); !strings.Contains(line, "y.json:1:") {
		t.Error(line)
	}
	r.waitFor("the old policies stay")
	wantAnswer("")
	r.wantMetric(`semper_reloads_total{outcome="failed"}`, 1)
	if err := os.Remove(filepath.Join(r.policies, "20_filtering/cloudtrail_api_calls/y.json")); err != nil {
		t.Fatal(err)
	}
	r.signal(syscall.SIGHUP)
	r.waitFor("policies in force")
	wantAnswer("relevant")
	r.wantMetric(`semper_reloads_total{outcome="loaded"}`, 2)
	r.signal(syscall.SIGTERM)
	r.ends()
}

// Requests are under way, half of their bodies sent, when the service is told to end: all are
// answered, whole.
func TestNothingIsLostAtTheEnd(t *testing.T) {
	const requests, lines = 20, 50
	r := start(t, "-dropped")
	var group sync.WaitGroup
	rest := make(chan struct{})
	for i := range requests {
		group.Add(1)
		go func() {
			defer group.Done()
			body, to := io.Pipe()
			go func() {
				for line := range lines {
					if line == lines/2 {
						<-rest
					}
					fmt.Fprintln(to, event([]string{"DeleteRole", "CreateUser"}[(i+line)%2]))
				}
				to.Close()
			}()
			response, err := http.Post(r.address+"/v1/events", "application/x-ndjson", body)
			if err != nil {
				t.Error(err)
				return
			}
			defer response.Body.Close()
			text, err := io.ReadAll(response.Body)
			if got := strings.Fields(decisions(t, string(text))); err != nil || response.StatusCode != http.StatusOK || len(got) != lines {
				t.Errorf("%v, %s, %d records", err, response.Status, len(got))
			}
		}()
	}
	for r.metric("semper_http_requests_in_flight") != requests {
		time.Sleep(10 * time.Millisecond)
	}
	r.signal(syscall.SIGTERM)
	r.waitFor("msg=stopping")
	// It takes no new ones.
	for {
		response, err := http.Get(r.address + "/readyz")
		if err != nil {
			break
		}
		response.Body.Close()
		if response.StatusCode == http.StatusOK {
			t.Fatal("ready while it stops")
		}
		time.Sleep(10 * time.Millisecond)
	}
	close(rest)
	group.Wait()
	r.ends()
	wanted := fmt.Sprintf("in=%d relevant=%d dropped=%d no_finding=0 invalid=0", requests*lines, requests*lines/2, requests*lines/2)
	if !strings.Contains(r.all(), wanted) {
		t.Errorf("not %s:\n%s", wanted, r.all())
	}
}

func TestStandardInput(t *testing.T) {
	r := start(t, "-stdin", "-dropped")
	fmt.Fprintf(r.stdin, "%s\n%s\n\nx", event("DeleteRole"), event("CreateUser"))
	r.stdin.Close()
	r.ends()
	if got := decisions(t, r.stdout.String()); got != "dropped relevant invalid" {
		t.Error(got)
	}
}

// SIGTERM while lines come: each line that was read comes out, the one whose beginning was read
// when its rest has come, or else as it is.
func TestStandardInputIsStopped(t *testing.T) {
	for rest, wanted := range map[string]string{
		event("CreateUser")[20:] + "\nnever read": "dropped relevant",
		"": "dropped invalid",
	} {
		r := start(t, "-stdin", "-dropped")
		fmt.Fprintf(r.stdin, "%s\n%s", event("DeleteRole"), event("CreateUser")[:20])
		for r.metric(metricDropped) != 1 {
			time.Sleep(10 * time.Millisecond)
		}
		r.signal(syscall.SIGTERM)
		r.waitFor("read no further")
		fmt.Fprint(r.stdin, rest)
		r.ends()
		// A read that was about to begin may have got all of the rest; that comes out, too, then.
		if got := decisions(t, r.stdout.String()); !strings.HasPrefix(got, wanted) {
			t.Errorf("%q instead of %q", got, wanted)
		}
	}
}

func TestWhatDoesNotStart(t *testing.T) {
	for _, test := range []struct{ arguments, wanted string }{
		{"", "-policies is missing"},
		{"-policies /nonesuch", "/nonesuch"},
		{"-policies ../../policies -listen=", "nothing to do"},
		{"-policies ../../policies -provider x", "cmdb=file:cmdb.json"},
		{"-policies ../../policies -provider x=nonesuch:y", "nonesuch"},
		{"-policies ../../policies -listen 256.0.0.1:0", "256.0.0.1"},
	} {
		output, err := exec.Command(program, strings.Fields(test.arguments)...).CombinedOutput()
		if err == nil || !strings.Contains(string(output), test.wanted) {
			t.Errorf("%s: %v %s", test.arguments, err, output)
		}
	}
	examples := exec.Command(program, "-policies", "../../policies", "-accounts", "../../accounts.json",
		"-regions", "eu-central-1,us-east-1", "-stdin", "-listen=")
	examples.Stdin = strings.NewReader(event("DeleteRole"))
	var errors strings.Builder
	examples.Stderr = &errors
	output, err := examples.Output()
	if err != nil || decisions(t, string(output)) != "relevant" {
		t.Errorf("%v: %s %s", err, output, errors.String())
	}
}
