import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import software.amazon.event.ruler.GenericMachine;

/**
 * event-ruler as a peer of `semper match`: see tests/bench/peers/run.py for the protocol.
 *
 * <p>Peer PATTERNS EVENTS
 */
public class Peer {
  public static void main(String[] arguments) throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    GenericMachine<Integer> machine = new GenericMachine<>();
    int rules = 0;
    for (String line : Files.readAllLines(Path.of(arguments[0]), StandardCharsets.UTF_8)) {
      JsonNode entry = mapper.readTree(line);
      machine.addRule(Integer.valueOf(entry.get("id").asText()), entry.get("pattern").toString());
      rules++;
    }
    List<String> events = Files.readAllLines(Path.of(arguments[1]), StandardCharsets.UTF_8);
    System.out.println("ready " + rules + " " + events.size());

    BufferedReader commands =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String command; (command = commands.readLine()) != null; ) {
      if (command.equals("matches")) {
        for (String event : events) {
          StringBuilder line = new StringBuilder("matches");
          machine.rulesForJSONEvent(event).stream().sorted().forEach(id -> line.append(' ').append(id));
          System.out.println(line);
        }
      } else {
        System.out.println("rate " + rate(machine, events, Double.parseDouble(command)));
      }
    }
  }

  /**
   * Events a second of CPU time, the garbage collector's included, over whole passes that take at
   * least so many seconds.
   */
  private static double rate(GenericMachine<Integer> machine, List<String> events, double seconds)
      throws Exception {
    OperatingSystemMXBean process =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long matched = 0;
    long done = 0;
    long start = process.getProcessCpuTime();
    long elapsed;
    do {
      for (String event : events) {
        matched += machine.rulesForJSONEvent(event).size();
      }
      done += events.size();
      elapsed = process.getProcessCpuTime() - start;
    } while (elapsed < seconds * 1e9);
    if (matched < 0) {
      throw new IllegalStateException();
    }
    return done * 1e9 / elapsed;
  }
}
