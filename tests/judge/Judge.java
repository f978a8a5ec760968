import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.Reader;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.core.KeywordAnalyzer;
import org.apache.lucene.analysis.synonym.SolrSynonymParser;
import org.apache.lucene.analysis.synonym.SynonymMap;
import org.apache.lucene.analysis.synonym.WordnetSynonymParser;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.index.analysis.Analysis;
import org.elasticsearch.indices.analysis.HunspellService;
import org.elasticsearch.plugins.PluginDescriptor;
import org.elasticsearch.plugins.PluginsUtils;

/**
 * Loads files as Elasticsearch 8.15.3 does. A line on stdin is a format, a tab and a path; its answer a line on
 * stdout: `loaded`, or `refused` with a tab and the reason. The path is a file's; for hunspell that of a home with
 * config/hunspell/xx in it, for plugins that of a plugin's folder.
 */
public class Judge {
    private static final Analyzer ONE_TOKEN = new KeywordAnalyzer();

    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = in.readLine()) != null;) {
            String[] asked = line.split("\t", 2);
            out.println(answer(asked[0], Path.of(asked[1])));
        }
    }

    private static String answer(String format, Path path) {
        try {
            load(format, path);
            return "loaded";
        } catch (Throwable thrown) {
            StringBuilder said = new StringBuilder("refused\t");
            for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
                said.append(cause.getClass().getSimpleName()).append(": ").append(cause.getMessage()).append("; ");
            }
            return said.toString().replaceAll("[\\r\\n]+", " ");
        }
    }

    private static void load(String format, Path path) throws Exception {
        switch (format) {
            case "synonyms" -> synonyms(new SolrSynonymParser(true, true, ONE_TOKEN), path);
            case "wordnet" -> synonyms(new WordnetSynonymParser(true, true, ONE_TOKEN), path);
            case "words" -> words(path, true, false);
            case "kuromoji" -> org.apache.lucene.analysis.ja.dict.UserDictionary.open(rules(path, false));
            case "nori" -> org.apache.lucene.analysis.ko.dict.UserDictionary.open(rules(path, true));
            case "hunspell" -> hunspell(path);
            case "plugins" -> PluginsUtils.verifyCompatibility(PluginDescriptor.readFromProperties(path));
            default -> throw new Error("what is " + format + "?");
        }
    }

    private static void synonyms(SynonymMap.Parser parser, Path path) throws Exception {
        try (Reader reader = Analysis.getReaderFromFile(home(path.getParent()), path.toString(), "synonyms_path")) {
            parser.parse(reader);
        }
        parser.build();
    }

    /** As KuromojiTokenizerFactory and NoriTokenizerFactory hand them over. */
    private static Reader rules(Path path, boolean removeComments) {
        String newline = System.lineSeparator();
        return new StringReader(String.join(newline, words(path, removeComments, true)) + newline);
    }

    private static List<String> words(Path path, boolean removeComments, boolean checkDuplicates) {
        Settings settings = Settings.builder().put("path", path.toString()).build();
        return Analysis.getWordList(
            home(path.getParent()), settings, "path", "list", removeComments, checkDuplicates);
    }

    private static void hunspell(Path path) throws Exception {
        Settings settings = Settings.builder().put("indices.analysis.hunspell.dictionary.lazy", true).build();
        new HunspellService(settings, home(path), Map.of()).getDictionary("xx");
    }

    private static Environment home(Path path) {
        return new Environment(Settings.builder().put("path.home", path.toString()).build(), null);
    }
}
